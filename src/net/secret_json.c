#include "net/secret_json.h"

#include "base/str.h"

static int refuse(const json_error_t *why, pyr_error_t *err) {
  if (json_error_code(why) == json_error_out_of_memory)
    return pyr__error_nomem(err);
  return pyr__error(err, PYR_EHTTP,
                    "the answer is no JSON object, line %d, column %d",
                    why->line, why->column);
}

int pyr__secret_json_parse(json_t **out, pyr_str_t text, pyr_error_t *err) {
  json_error_t why;
  json_t *object = json_loadb(text.base, text.len, 0, &why);

  if (object == NULL)
    return refuse(&why, err);
  if (!json_is_object(object)) {
    json_decref(object);
    return pyr__error(err, PYR_EHTTP, "the answer is no JSON object");
  }
  *out = object;
  return 0;
}

void pyr__secret_json_free(json_t *object) {
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    if (json_is_string(value))
      explicit_bzero((char *)json_string_value(value),
                     json_string_length(value));
  }
  json_decref(object);
}

pyr_str_t pyr__secret_json_text(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (!json_is_string(value))
    return pyr__str("");
  return (pyr_str_t){json_string_value(value), json_string_length(value)};
}
