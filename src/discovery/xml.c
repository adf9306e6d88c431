#include "discovery/xml.h"

#include <limits.h>

#include "base/limits.h"
#include "base/str.h"

void pyr__xml_stop(struct pyr__xml *xml, int rc) {
  if (xml->rc == 0)
    xml->rc = rc;
  XML_StopParser(xml->parser, XML_FALSE);
}

void pyr__xml_append(struct pyr__xml *xml, struct pyr__buf *to,
                     const void *data, size_t len) {
  int rc = pyr__buf_add(to, data, len);
  if (rc == PYR_ELIMIT)
    pyr__xml_stop(xml, pyr__error(&xml->error, rc,
                                  "XML: a text is longer than %zu bytes",
                                  to->limit));
  else if (rc != 0)
    pyr__xml_stop(xml, pyr__error_nomem(&xml->error));
}

bool pyr__xml_is_at(const struct pyr__xml *xml, const char *path) {
  return xml->hidden == 0 && strcmp(xml->path + strlen(xml->root), path) == 0;
}

/* ---- events ------------------------------------------------------------- */

/* False: there is no room, which no path that is looked for needs. */
static bool enter(struct pyr__xml *xml, const char *name) {
  size_t len = strlen(name), slash = xml->path_len > 0;
  if (xml->hidden > 0 || xml->path_len + slash + len >= sizeof(xml->path))
    return false;
  if (slash)
    xml->path[xml->path_len] = '/';
  memcpy(xml->path + xml->path_len + slash, name, len + 1);
  xml->path_len += slash + len;
  return true;
}

static void leave(struct pyr__xml *xml) {
  char *slash = strrchr(xml->path, '/');
  if (xml->hidden > 0) {
    xml->hidden--;
    return;
  }
  xml->path_len = slash == NULL ? 0 : (size_t)(slash - xml->path);
  xml->path[xml->path_len] = '\0';
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **unused) {
  struct pyr__xml *xml = ctx;
  bool is_root = xml->path_len == 0 && xml->hidden == 0;
  (void)unused;
  if (is_root && strcmp(name, xml->root) != 0) {
    pyr__xml_stop(xml, pyr__error(&xml->error, PYR_EHTTP,
                                  "the answer is a %.40s, expected %s", name,
                                  xml->root));
    return;
  }
  pyr__buf_clear(&xml->text);
  if (enter(xml, name))
    xml->events->on_begin(xml->ctx);
  else
    xml->hidden++;
}

static void on_end(void *ctx, const XML_Char *name) {
  struct pyr__xml *xml = ctx;
  (void)name;
  if (xml->rc != 0)
    return;
  xml->events->on_end(xml->ctx, &xml->text);
  pyr__buf_clear(&xml->text);
  leave(xml);
}

static void on_text(void *ctx, const XML_Char *text, int len) {
  struct pyr__xml *xml = ctx;
  if (xml->hidden == 0 && xml->rc == 0)
    pyr__xml_append(xml, &xml->text, text, (size_t)len);
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int has_subset) {
  struct pyr__xml *xml = ctx;
  (void)name;
  (void)system;
  (void)public;
  (void)has_subset;
  pyr__xml_stop(xml, pyr__error(&xml->error, PYR_EHTTP,
                                "XML: a document type, which no answer has"));
}

/* ---- its life ----------------------------------------------------------- */

int pyr__xml_init(struct pyr__xml *xml, struct pyr__memory *memory,
                  enum pyr__purpose purpose, const char *root,
                  const struct pyr__xml_events *events, void *ctx,
                  pyr_error_t *err) {
  *xml = (struct pyr__xml){.root = root,
                           .events = events,
                           .ctx = ctx,
                           .parser = XML_ParserCreate(NULL)};
  if (xml->parser == NULL)
    return pyr__error_nomem(err);
  pyr__buf_init(&xml->text, memory, purpose, PYR__LIMIT_EC2_TEXT);
  XML_SetUserData(xml->parser, xml);
  XML_SetElementHandler(xml->parser, on_start, on_end);
  XML_SetCharacterDataHandler(xml->parser, on_text);
  XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
  return 0;
}

void pyr__xml_release(struct pyr__xml *xml) {
  if (xml->parser == NULL)
    return;
  XML_ParserFree(xml->parser);
  xml->parser = NULL;
  pyr__buf_release(&xml->text);
}

static int parse(struct pyr__xml *xml, const char *data, size_t len,
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

int pyr__xml_feed(struct pyr__xml *xml, const void *data, size_t len,
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

int pyr__xml_finish(struct pyr__xml *xml, pyr_error_t *err) {
  return parse(xml, NULL, 0, true, err);
}
