/* XML as it arrives: which element begins or ends, by its path, and the texts
 * of those that have one.  A document type is refused, as no answer has one and
 * what it can do is not wanted. */
#ifndef PYR__DISCOVERY_XML_H
#define PYR__DISCOVERY_XML_H

#include <expat.h>
#include <stdbool.h>

#include "base/buf.h"

struct pyr__xml_events { /* pyr__xml_is_at says where */
  void (*on_begin)(void *ctx);
  void (*on_end)(void *ctx, const struct pyr__buf *text);
};

struct pyr__xml {
  XML_Parser parser; /* NULL: not in use */
  const char *root;
  char path[256]; /* "root/child/child" */
  size_t path_len;
  unsigned hidden; /* elements that are open and not in the path */
  struct pyr__buf text;
  int rc; /* why it was stopped */
  pyr_error_t error;
  const struct pyr__xml_events *events;
  void *ctx;
};

/* `root` is the element that the document must be. */
int pyr__xml_init(struct pyr__xml *xml, struct pyr__memory *memory,
                  enum pyr__purpose purpose, const char *root,
                  const struct pyr__xml_events *events, void *ctx,
                  pyr_error_t *err);
void pyr__xml_release(struct pyr__xml *xml);
int pyr__xml_feed(struct pyr__xml *xml, const void *data, size_t len,
                  pyr_error_t *err);
/* A document is to be believed when this is 0. */
int pyr__xml_finish(struct pyr__xml *xml, pyr_error_t *err);

/* Within events.  Whether this is the element at `path` behind the root. */
bool pyr__xml_is_at(const struct pyr__xml *xml, const char *path);
/* What is wrong is in xml->error. */
void pyr__xml_stop(struct pyr__xml *xml, int rc);
/* Of a text that has a limit. */
void pyr__xml_append(struct pyr__xml *xml, struct pyr__buf *to,
                     const void *data, size_t len);

#endif
