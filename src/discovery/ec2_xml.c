#include "discovery/ec2_xml.h"

#include <limits.h>

#include "base/limits.h"
#include "base/str.h"

#define RESERVATION "/reservationSet/item"
#define INSTANCE    RESERVATION "/instancesSet/item"
#define INTERFACE   INSTANCE "/networkInterfaceSet/item"
#define TAG         INSTANCE "/tagSet/item"
#define ZONE        "/availabilityZoneInfo/item"

/* What is a text of an instance, by its path behind the root. */
static const struct {
  const char *path;
  enum pyr__ec2_field field;
} fields[] = {{INSTANCE "/imageId", PYR__EC2_AMI},
              {INSTANCE "/placement/availabilityZone", PYR__EC2_ZONE},
              {INSTANCE "/architecture", PYR__EC2_ARCHITECTURE},
              {INSTANCE "/instanceId", PYR__EC2_INSTANCE_ID},
              {INSTANCE "/instanceLifecycle", PYR__EC2_LIFECYCLE},
              {INSTANCE "/instanceState/name", PYR__EC2_STATE},
              {INSTANCE "/instanceType", PYR__EC2_TYPE},
              {INSTANCE "/platform", PYR__EC2_PLATFORM},
              {INSTANCE "/subnetId", PYR__EC2_SUBNET},
              {INSTANCE "/privateDnsName", PYR__EC2_PRIVATE_DNS},
              {INSTANCE "/privateIpAddress", PYR__EC2_PRIVATE_IP},
              {INSTANCE "/dnsName", PYR__EC2_PUBLIC_DNS},
              {INSTANCE "/ipAddress", PYR__EC2_PUBLIC_IP},
              {INSTANCE "/vpcId", PYR__EC2_VPC}};

static void stop(struct pyr__ec2_xml *xml, int rc) {
  if (xml->rc == 0)
    xml->rc = rc;
  XML_StopParser(xml->parser, XML_FALSE);
}

static void no_room(struct pyr__ec2_xml *xml, size_t wanted) {
  stop(xml, pyr__arena_error(xml->arena, wanted, "the answer", &xml->error));
}

static void *room(struct pyr__ec2_xml *xml, size_t size) {
  void *block = pyr__arena_calloc(xml->arena, 1, size);
  if (block == NULL)
    no_room(xml, size);
  return block;
}

static pyr_str_t copy(struct pyr__ec2_xml *xml, const struct pyr__buf *text) {
  const char *kept = pyr__arena_text(
      xml->arena,
      (pyr_str_t){text->len == 0 ? "" : (const char *)text->data, text->len});
  if (kept == NULL)
    no_room(xml, text->len + 1);
  return kept == NULL ? pyr__str("") : (pyr_str_t){kept, text->len};
}

static void append(struct pyr__ec2_xml *xml, struct pyr__buf *to,
                   const void *data, size_t len) {
  int rc = pyr__buf_add(to, data, len);
  if (rc == PYR_ELIMIT)
    stop(xml, pyr__error(&xml->error, rc,
                         "XML: a text is longer than %zu "
                         "bytes",
                         to->limit));
  else if (rc != 0)
    stop(xml, pyr__error_nomem(&xml->error));
}

/* Behind the root. */
static bool is_at(const struct pyr__ec2_xml *xml, const char *path) {
  return xml->hidden == 0 && strcmp(xml->path + strlen(xml->root), path) == 0;
}

/* ---- what begins and ends ----------------------------------------------- */

static void begin_instance(struct pyr__ec2_xml *xml) {
  size_t i;
  xml->instance = room(xml, sizeof(*xml->instance));
  if (xml->instance == NULL)
    return;
  for (i = 0; i < PYR__EC2_FIELDS; i++)
    xml->instance->fields[i] = pyr__str("");
  pyr__buf_clear(&xml->subnets);
  pyr__buf_clear(&xml->addresses);
}

static void end_instance(struct pyr__ec2_xml *xml) {
  struct pyr__ec2_instance *instance = xml->instance;
  instance->fields[PYR__EC2_SUBNETS] = copy(xml, &xml->subnets);
  instance->fields[PYR__EC2_IPV6] = copy(xml, &xml->addresses);
  *xml->answer->end = instance;
  xml->answer->end = &instance->next;
  xml->answer->count++;
  xml->instance = NULL;
}

/* The owner may stand behind the instances. */
static void end_reservation(struct pyr__ec2_xml *xml) {
  struct pyr__ec2_instance *instance = *xml->reservation;
  for (; instance != NULL; instance = instance->next)
    instance->fields[PYR__EC2_OWNER] = xml->owner;
}

static void list(struct pyr__ec2_xml *xml, struct pyr__buf *to,
                 pyr_str_t text) {
  if (to->len == 0)
    append(xml, to, ",", 1);
  append(xml, to, text.base, text.len);
  append(xml, to, ",", 1);
}

static bool is_listed(const struct pyr__buf *in, pyr_str_t text) {
  const char *at = (const char *)in->data, *end = at + in->len;
  const char *comma;
  for (; at != NULL && at < end; at = comma + 1) {
    comma = memchr(at, ',', (size_t)(end - at));
    if (pyr__str_equal((pyr_str_t){at, (size_t)(comma - at)}, text))
      return true;
  }
  return false;
}

static void end_interface(struct pyr__ec2_xml *xml) {
  const struct pyr__buf *own = &xml->own_addresses;
  if (xml->subnet.len == 0)
    return;
  if (!is_listed(&xml->subnets, xml->subnet))
    list(xml, &xml->subnets, xml->subnet);
  if (own->len > 0)
    append(xml, &xml->addresses, own->data + (xml->addresses.len > 0),
           own->len - (xml->addresses.len > 0));
}

static void add_pair(struct pyr__ec2_xml *xml, struct pyr__ec2_tag **to) {
  struct pyr__ec2_tag *tag = room(xml, sizeof(*tag));
  if (tag == NULL)
    return;
  *tag = (struct pyr__ec2_tag){xml->key, xml->value, *to};
  *to = tag;
}

static void take_text(struct pyr__ec2_xml *xml) {
  size_t i;
  for (i = 0; xml->instance != NULL && i < sizeof(fields) / sizeof(fields[0]);
       i++)
    if (is_at(xml, fields[i].path))
      xml->instance->fields[fields[i].field] = copy(xml, &xml->text);
  if (is_at(xml, RESERVATION "/ownerId"))
    xml->owner = copy(xml, &xml->text);
  else if (is_at(xml, INTERFACE "/subnetId"))
    xml->subnet = copy(xml, &xml->text);
  else if (is_at(xml, INTERFACE "/ipv6AddressesSet/item/ipv6Address"))
    list(xml, &xml->own_addresses, copy(xml, &xml->text));
  else if (is_at(xml, TAG "/key") || is_at(xml, ZONE "/zoneName"))
    xml->key = copy(xml, &xml->text);
  else if (is_at(xml, TAG "/value") || is_at(xml, ZONE "/zoneId"))
    xml->value = copy(xml, &xml->text);
  else if (is_at(xml, "/nextToken"))
    xml->answer->next_token = copy(xml, &xml->text);
}

/* ---- events ------------------------------------------------------------- */

/* False: there is no room, which no path that is looked for needs. */
static bool enter(struct pyr__ec2_xml *xml, const char *name) {
  size_t len = strlen(name), slash = xml->path_len > 0;
  if (xml->hidden > 0 || xml->path_len + slash + len >= sizeof(xml->path))
    return false;
  if (slash)
    xml->path[xml->path_len] = '/';
  memcpy(xml->path + xml->path_len + slash, name, len + 1);
  xml->path_len += slash + len;
  return true;
}

static void leave(struct pyr__ec2_xml *xml) {
  char *slash = strrchr(xml->path, '/');
  if (xml->hidden > 0) {
    xml->hidden--;
    return;
  }
  xml->path_len = slash == NULL ? 0 : (size_t)(slash - xml->path);
  xml->path[xml->path_len] = '\0';
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **unused) {
  struct pyr__ec2_xml *xml = ctx;
  bool is_root = xml->path_len == 0 && xml->hidden == 0;
  (void)unused;
  if (is_root && strcmp(name, xml->root) != 0) {
    stop(xml, pyr__error(&xml->error, PYR_EHTTP,
                         "the answer is a %.40s, "
                         "expected %s",
                         name, xml->root));
    return;
  }
  pyr__buf_clear(&xml->text);
  if (!enter(xml, name)) {
    xml->hidden++;
    return;
  }
  if (is_at(xml, RESERVATION)) {
    xml->owner = pyr__str("");
    xml->reservation = xml->answer->end;
  } else if (is_at(xml, INSTANCE)) {
    begin_instance(xml);
  } else if (is_at(xml, INTERFACE)) {
    xml->subnet = pyr__str("");
    pyr__buf_clear(&xml->own_addresses);
  } else if (is_at(xml, TAG) || is_at(xml, ZONE)) {
    xml->key = xml->value = pyr__str("");
  }
}

static void on_end(void *ctx, const XML_Char *name) {
  struct pyr__ec2_xml *xml = ctx;
  (void)name;
  if (xml->rc != 0)
    return;
  if (is_at(xml, RESERVATION))
    end_reservation(xml);
  else if (is_at(xml, INSTANCE))
    end_instance(xml);
  else if (is_at(xml, INTERFACE))
    end_interface(xml);
  else if (is_at(xml, TAG))
    add_pair(xml, &xml->instance->tags);
  else if (is_at(xml, ZONE))
    add_pair(xml, &xml->answer->zones);
  else
    take_text(xml);
  pyr__buf_clear(&xml->text);
  leave(xml);
}

static void on_text(void *ctx, const XML_Char *text, int len) {
  struct pyr__ec2_xml *xml = ctx;
  if (xml->hidden == 0 && xml->rc == 0)
    append(xml, &xml->text, text, (size_t)len);
}

/* AWS has none, and what they can do is nothing that is wanted here. */
static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int has_subset) {
  struct pyr__ec2_xml *xml = ctx;
  (void)name;
  (void)system;
  (void)public;
  (void)has_subset;
  stop(xml, pyr__error(&xml->error, PYR_EHTTP,
                       "XML: a document type, which "
                       "no answer has"));
}

/* ---- its life ----------------------------------------------------------- */

int pyr__ec2_xml_init(struct pyr__ec2_xml *xml, struct pyr__arena *arena,
                      struct pyr__ec2_answer *answer, const char *root,
                      pyr_error_t *err) {
  struct pyr__buf *const bufs[] = {&xml->text, &xml->subnets, &xml->addresses,
                                   &xml->own_addresses};
  size_t i;

  *xml = (struct pyr__ec2_xml){.arena = arena,
                               .answer = answer,
                               .root = root,
                               .parser = XML_ParserCreate(NULL)};
  if (xml->parser == NULL)
    return pyr__error_nomem(err);
  for (i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
    pyr__buf_init(bufs[i], arena->memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_EC2_TEXT);
  answer->next_token = xml->owner = pyr__str("");
  XML_SetUserData(xml->parser, xml);
  XML_SetElementHandler(xml->parser, on_start, on_end);
  XML_SetCharacterDataHandler(xml->parser, on_text);
  XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
  return 0;
}

void pyr__ec2_xml_release(struct pyr__ec2_xml *xml) {
  if (xml->parser == NULL)
    return;
  XML_ParserFree(xml->parser);
  xml->parser = NULL;
  pyr__buf_release(&xml->text);
  pyr__buf_release(&xml->subnets);
  pyr__buf_release(&xml->addresses);
  pyr__buf_release(&xml->own_addresses);
}

static int parse(struct pyr__ec2_xml *xml, const char *data, size_t len,
                 bool is_last, pyr_error_t *err) {
  enum XML_Status status =
      XML_Parse(xml->parser, data, (int)len, is_last ? XML_TRUE : XML_FALSE);
  enum XML_Error code = XML_GetErrorCode(xml->parser);
  if (status == XML_STATUS_OK)
    return 0;
  if (xml->rc == 0 && code == XML_ERROR_NO_MEMORY)
    xml->rc = pyr__error_nomem(&xml->error);
  if (xml->rc == 0)
    xml->rc = pyr__error(&xml->error, PYR_EHTTP, "XML: %s, in line %lu",
                         XML_ErrorString(code),
                         (unsigned long)XML_GetCurrentLineNumber(xml->parser));
  if (err != NULL)
    *err = xml->error;
  return xml->rc;
}

int pyr__ec2_xml_feed(struct pyr__ec2_xml *xml, const void *data, size_t len,
                      pyr_error_t *err) {
  const char *at = data;
  int rc = 0;
  while (rc == 0 && len > 0) {
    size_t part = len < INT_MAX ? len : INT_MAX;
    rc = parse(xml, at, part, false, err);
    at += part;
    len -= part;
  }
  return rc;
}

int pyr__ec2_xml_finish(struct pyr__ec2_xml *xml, pyr_error_t *err) {
  return parse(xml, NULL, 0, true, err);
}
