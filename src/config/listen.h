/* Addresses to listen on, as a configuration has them. */
#ifndef PYR__CONFIG_LISTEN_H
#define PYR__CONFIG_LISTEN_H

#include <stdbool.h>

#include "base/str.h"

/* "127.0.0.1:4041", "localhost:0", "[::1]:4041", ":4041", or "": nowhere. */
bool pyr__is_listen_address(pyr_str_t text);

#endif
