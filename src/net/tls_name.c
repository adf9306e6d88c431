#include "net/tls_name.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "net/address.h"

enum { SHOWN_NAMES = 5, SHOWN_NAME = 64 };

/* The kinds of a subjectAltName that are looked at, as the tag has them. */
enum { SAN_DNS = 2, SAN_IP = 7, SAN_KIND = 0x1f };

static unsigned kind_of(const mbedtls_x509_sequence *san) {
  return (unsigned)san->buf.tag & SAN_KIND;
}

static bool matches_dns(pyr_str_t pattern, pyr_str_t name) {
  const char *dot;

  pattern = pyr__tls_plain_name(pattern);
  if (pattern.len < 3 || pattern.base[0] != '*' || pattern.base[1] != '.')
    return pyr__str_equal_nocase(pattern, name);
  dot = memchr(name.base, '.', name.len);
  if (dot == NULL || dot == name.base)
    return false;
  return pyr__str_equal_nocase(
      (pyr_str_t){pattern.base + 1, pattern.len - 1},
      (pyr_str_t){dot, name.len - (size_t)(dot - name.base)});
}

static bool matches_address(const mbedtls_x509_sequence *san,
                            const struct pyr__address *address) {
  size_t len = address->family == AF_INET ? 4 : 16;
  return san->buf.len == len && memcmp(san->buf.p, address->bytes, len) == 0;
}

static pyr_str_t text_of(const mbedtls_x509_sequence *san) {
  return (pyr_str_t){(const char *)san->buf.p, san->buf.len};
}

pyr_str_t pyr__tls_plain_name(pyr_str_t name) {
  if (name.len > 1 && name.base[name.len - 1] == '.')
    name.len--;
  return name;
}

bool pyr__tls_cert_is_for(const mbedtls_x509_crt *cert, pyr_str_t name) {
  const mbedtls_x509_sequence *san = &cert->subject_alt_names;
  struct pyr__address address;
  bool is_address = pyr__address_parse(&address, name);

  name = pyr__tls_plain_name(name);
  for (; san != NULL && san->buf.p != NULL; san = san->next) {
    if (is_address && kind_of(san) == SAN_IP && matches_address(san, &address))
      return true;
    if (!is_address && kind_of(san) == SAN_DNS &&
        matches_dns(text_of(san), name))
      return true;
  }
  return false;
}

static void write_san(char *out, size_t size,
                      const mbedtls_x509_sequence *san) {
  char text[SHOWN_NAME];

  if (kind_of(san) == SAN_DNS) {
    pyr__str_escape(text, sizeof(text), text_of(san));
    snprintf(out, size, "DNS:%s", text);
  } else if (inet_ntop(san->buf.len == 4 ? AF_INET : AF_INET6, san->buf.p, text,
                       sizeof(text)) != NULL) {
    snprintf(out, size, "IP:%s", text);
  }
}

static bool is_shown(const mbedtls_x509_sequence *san) {
  return kind_of(san) == SAN_DNS ||
         (kind_of(san) == SAN_IP && (san->buf.len == 4 || san->buf.len == 16));
}

void pyr__tls_cert_names(char *out, size_t size, const mbedtls_x509_crt *cert) {
  const mbedtls_x509_sequence *san = &cert->subject_alt_names;
  unsigned shown = 0, left = 0;
  size_t len = 0;

  out[0] = '\0';
  for (; san != NULL && san->buf.p != NULL; san = san->next) {
    char text[SHOWN_NAME + 8];
    if (!is_shown(san))
      continue;
    write_san(text, sizeof(text), san);
    if (shown == SHOWN_NAMES || len + strlen(text) + 24 > size) {
      left++;
      continue;
    }
    len += (size_t)snprintf(out + len, size - len, "%s%s",
                            shown > 0 ? ", " : "", text);
    shown++;
  }
  if (left > 0)
    snprintf(out + len, size - len, " and %u more", left);
}

void pyr__tls_dn_text(char out[PYR__TLS_NAME_TEXT],
                      const mbedtls_x509_name *name) {
  /* It refuses what does not fit, and makes other than ASCII a "?". */
  int len = mbedtls_x509_dn_gets(out, PYR__TLS_NAME_TEXT, name);
  if (len < 0)
    snprintf(out, PYR__TLS_NAME_TEXT, "(a very long name)");
  else if (len == 0)
    snprintf(out, PYR__TLS_NAME_TEXT, "(no name)");
}

void pyr__tls_date_text(char out[PYR__TLS_DATE_TEXT],
                        const mbedtls_x509_time *time) {
  snprintf(out, PYR__TLS_DATE_TEXT, "%04d-%02d-%02d", time->year % 10000,
           time->mon % 100, time->day % 100);
}
