#include "discovery/aws/ec2_xml.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"

#define RESERVATION "/reservationSet/item"
#define INSTANCE    RESERVATION "/instancesSet/item"
#define INTERFACE   INSTANCE "/networkInterfaceSet/item"
#define ADDRESS     INTERFACE "/ipv6AddressesSet/item"
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

static void no_room(struct pyr__ec2_xml *xml, size_t wanted) {
  pyr__xml_stop(&xml->xml, pyr__arena_error(xml->arena, wanted, "the answer",
                                            &xml->xml.error));
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
  pyr__xml_append(&xml->xml, to, data, len);
}

static bool is_at(const struct pyr__ec2_xml *xml, const char *path) {
  return pyr__xml_is_at(&xml->xml, path);
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
  memset(xml->primaries, 0, sizeof(xml->primaries));
  xml->primary_count = 0;
}

static void list(struct pyr__ec2_xml *xml, struct pyr__buf *to,
                 pyr_str_t text) {
  if (to->len == 0)
    append(xml, to, ",", 1);
  append(xml, to, text.base, text.len);
  append(xml, to, ",", 1);
}

/* Each in the place of its interface, so that some may be empty. */
static void list_primaries(struct pyr__ec2_xml *xml) {
  size_t i;
  pyr__buf_clear(&xml->addresses);
  for (i = 0; i < xml->primary_count; i++)
    list(xml, &xml->addresses, xml->primaries[i]);
}

static void end_instance(struct pyr__ec2_xml *xml) {
  struct pyr__ec2_instance *instance = xml->instance;
  instance->fields[PYR__EC2_SUBNETS] = copy(xml, &xml->subnets);
  instance->fields[PYR__EC2_IPV6] = copy(xml, &xml->addresses);
  list_primaries(xml);
  instance->fields[PYR__EC2_PRIMARY_IPV6] = copy(xml, &xml->addresses);
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

static bool is_listed(const struct pyr__buf *in, pyr_str_t text) {
  const char *at = (const char *)in->data, *end, *comma;
  if (in->len == 0)
    return false;
  for (end = at + in->len; at < end; at = comma + 1) {
    comma = memchr(at, ',', (size_t)(end - at));
    if (pyr__str_equal((pyr_str_t){at, (size_t)(comma - at)}, text))
      return true;
  }
  return false;
}

static void end_address(struct pyr__ec2_xml *xml) {
  list(xml, &xml->own_addresses, xml->address);
  if (xml->is_primary)
    xml->primary = xml->address;
}

static void begin_interface(struct pyr__ec2_xml *xml) {
  xml->subnet = xml->primary = pyr__str("");
  xml->device = 0;
  pyr__buf_clear(&xml->own_addresses);
}

static void end_interface(struct pyr__ec2_xml *xml) {
  const struct pyr__buf *own = &xml->own_addresses;
  if (xml->subnet.len == 0)
    return;
  if (xml->primary.len > 0 && xml->device < PYR__LIMIT_EC2_INTERFACES) {
    xml->primaries[xml->device] = xml->primary;
    if (xml->primary_count <= xml->device)
      xml->primary_count = xml->device + 1;
  }
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

static void take_text(struct pyr__ec2_xml *xml, const struct pyr__buf *text) {
  size_t i;
  for (i = 0; xml->instance != NULL && i < sizeof(fields) / sizeof(fields[0]);
       i++)
    if (is_at(xml, fields[i].path))
      xml->instance->fields[fields[i].field] = copy(xml, text);
  if (is_at(xml, RESERVATION "/ownerId"))
    xml->owner = copy(xml, text);
  else if (is_at(xml, INTERFACE "/subnetId"))
    xml->subnet = copy(xml, text);
  else if (is_at(xml, INTERFACE "/attachment/deviceIndex"))
    xml->device = strtoul(copy(xml, text).base, NULL, 10);
  else if (is_at(xml, ADDRESS "/ipv6Address"))
    xml->address = copy(xml, text);
  else if (is_at(xml, ADDRESS "/isPrimaryIpv6"))
    xml->is_primary = pyr__str_is(copy(xml, text), "true");
  else if (is_at(xml, TAG "/key") || is_at(xml, ZONE "/zoneName"))
    xml->key = copy(xml, text);
  else if (is_at(xml, TAG "/value") || is_at(xml, ZONE "/zoneId"))
    xml->value = copy(xml, text);
  else if (is_at(xml, "/nextToken"))
    xml->answer->next_token = copy(xml, text);
}

/* ---- events ------------------------------------------------------------- */

static void on_begin(void *ctx) {
  struct pyr__ec2_xml *xml = ctx;
  if (is_at(xml, RESERVATION)) {
    xml->owner = pyr__str("");
    xml->reservation = xml->answer->end;
  } else if (is_at(xml, INSTANCE)) {
    begin_instance(xml);
  } else if (is_at(xml, INTERFACE)) {
    begin_interface(xml);
  } else if (is_at(xml, ADDRESS)) {
    xml->address = pyr__str("");
    xml->is_primary = false;
  } else if (is_at(xml, TAG) || is_at(xml, ZONE)) {
    xml->key = xml->value = pyr__str("");
  }
}

static void on_end(void *ctx, const struct pyr__buf *text) {
  struct pyr__ec2_xml *xml = ctx;
  if (is_at(xml, RESERVATION))
    end_reservation(xml);
  else if (is_at(xml, INSTANCE))
    end_instance(xml);
  else if (is_at(xml, INTERFACE))
    end_interface(xml);
  else if (is_at(xml, ADDRESS))
    end_address(xml);
  else if (is_at(xml, TAG))
    add_pair(xml, &xml->instance->tags);
  else if (is_at(xml, ZONE))
    add_pair(xml, &xml->answer->zones);
  else
    take_text(xml, text);
}

static const struct pyr__xml_events events = {on_begin, on_end};

/* ---- its life ----------------------------------------------------------- */

int pyr__ec2_xml_init(struct pyr__ec2_xml *xml, struct pyr__arena *arena,
                      struct pyr__ec2_answer *answer, const char *root,
                      pyr_error_t *err) {
  struct pyr__buf *const bufs[] = {&xml->subnets, &xml->addresses,
                                   &xml->own_addresses};
  size_t i;

  *xml = (struct pyr__ec2_xml){.arena = arena, .answer = answer};
  for (i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
    pyr__buf_init(bufs[i], arena->memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_EC2_TEXT);
  answer->next_token = xml->owner = pyr__str("");
  return pyr__xml_init(&xml->xml, arena->memory, PYR__MEM_DISCOVERY_GROUPS,
                       root, &events, xml, err);
}

void pyr__ec2_xml_release(struct pyr__ec2_xml *xml) {
  if (xml->xml.parser == NULL)
    return;
  pyr__xml_release(&xml->xml);
  pyr__buf_release(&xml->subnets);
  pyr__buf_release(&xml->addresses);
  pyr__buf_release(&xml->own_addresses);
}
