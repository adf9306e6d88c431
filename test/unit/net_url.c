#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "net/url.h"
#include "support.h"

struct expected {
  const char *text, *origin, *authority, *host, *target;
  unsigned port;
};

static void parse(struct pyr__url *url, struct pyr__memory *memory,
                  const char *text) {
  pyr_error_t err = {0};
  int rc = pyr__url_parse(url, memory, (pyr_str_t){text, strlen(text)}, &err);
  assert_string_equal(err.text, "");
  assert_int_equal(rc, 0);
}

static void check_part(pyr_str_t part, const char *expected) {
  char text[512];
  snprintf(text, sizeof(text), "%.*s", (int)part.len, part.base);
  assert_string_equal(text, expected);
}

static void good_urls__become_normal(void **state) {
  static const struct expected table[] = {
      {"http://host", "http://host", "host", "host", "/", 80},
      {"http://host/", "http://host", "host", "host", "/", 80},
      {"HTTP://HoSt.Example/A?B#c", "http://host.example", "host.example",
       "host.example", "/A?B", 80},
      {"http://host:80/x", "http://host", "host", "host", "/x", 80},
      {"http://host:/x", "http://host", "host", "host", "/x", 80},
      {"http://host:443/x", "http://host:443", "host:443", "host", "/x", 443},
      {"https://host", "https://host", "host", "host", "/", 443},
      {"https://host:443", "https://host", "host", "host", "/", 443},
      {"https://host:80", "https://host:80", "host:80", "host", "/", 80},
      {"http://host:06060/", "http://host:6060", "host:6060", "host", "/",
       6060},
      {"http://host:65535", "http://host:65535", "host:65535", "host", "/",
       65535},
      {"http://127.0.0.1:6060/debug/pprof/profile?seconds=10",
       "http://127.0.0.1:6060", "127.0.0.1:6060", "127.0.0.1",
       "/debug/pprof/profile?seconds=10", 6060},
      {"http://[::1]/", "http://[::1]", "[::1]", "::1", "/", 80},
      {"http://[2001:DB8::1]:81", "http://[2001:db8::1]:81", "[2001:db8::1]:81",
       "2001:db8::1", "/", 81},
      {"http://[::ffff:10.0.0.1]:81/a", "http://[::ffff:10.0.0.1]:81",
       "[::ffff:10.0.0.1]:81", "::ffff:10.0.0.1", "/a", 81},
      {"http://host?q", "http://host", "host", "host", "/?q", 80},
      {"http://host#f", "http://host", "host", "host", "/", 80},
      {"http://host?q#f?", "http://host", "host", "host", "/?q", 80},
      {"http://host/?", "http://host", "host", "host", "/?", 80},
      {"http://h/a b\"<>\\^`{|}", "http://h", "h", "h",
       "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D", 80},
      {"http://h/%41%zz%4", "http://h", "h", "h", "/%41%25zz%254", 80},
      {"http://h/\r\nEvil: 1", "http://h", "h", "h", "/%0D%0AEvil:%201", 80},
      {"http://h/\xc3\xa4?\x7f", "http://h", "h", "h", "/%C3%A4?%7F", 80},
      {"http://h/a[0]", "http://h", "h", "h", "/a%5B0%5D", 80},
      {"http://h//a//b", "http://h", "h", "h", "//a//b", 80},
      {"http://my_svc.ns-1.svc./x", "http://my_svc.ns-1.svc.",
       "my_svc.ns-1.svc.", "my_svc.ns-1.svc.", "/x", 80},
      {"http://1password.example", "http://1password.example",
       "1password.example", "1password.example", "/", 80},
      {"http://10.0.0.1.nip.io", "http://10.0.0.1.nip.io", "10.0.0.1.nip.io",
       "10.0.0.1.nip.io", "/", 80},
  };
  struct pyr__memory memory;
  struct pyr__url url, again;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    parse(&url, &memory, table[i].text);
    check_part(url.origin, table[i].origin);
    check_part(url.authority, table[i].authority);
    check_part(url.host, table[i].host);
    check_part(url.target, table[i].target);
    assert_int_equal(url.port, table[i].port);
    assert_int_equal(url.is_https, strncmp(table[i].origin, "https", 5) == 0);
    /* What is normal stays as it is. */
    parse(&again, &memory, url.text);
    assert_string_equal(again.text, url.text);
    assert_true(pyr__url_same_origin(&again, &url));
    pyr__url_release(&again);
    pyr__url_release(&url);
  }
  assert_int_equal(memory.accounts[PYR__MEM_NET_CLIENT].used_blocks, 0);
}

static void bad_urls__are_refused_with_the_reason(void **state) {
  static const char *const table[][2] = {
      {"", "it must start with http:// or https://"},
      {"host:80", "the scheme must be http or https"},
      {"127.0.0.1:80/x", "it must start with http:// or https://"},
      {"/path", "it must start with http:// or https://"},
      {"//host/path", "it must start with http:// or https://"},
      {"ftp://host/", "the scheme must be http or https"},
      {"httpx://host/", "the scheme must be http or https"},
      {"http:host", "the scheme must be followed by //"},
      {"http:/host", "the scheme must be followed by //"},
      {"http://", "the host is missing"},
      {"http:///path", "the host is missing"},
      {"http://:80/", "the host is missing"},
      {"http://?x", "the host is missing"},
      {"http://user@host/", "user and password may not stand in a URL"},
      {"http://user:secret@host/", "user and password may not stand in a URL"},
      {"ftp://user:secret@host/", "the scheme must be http or https"},
      {"http://user:secret/x@host/", "the port must be a number"},
      {"http://ho st/", "the host may hold letters, digits, - _ and dots"},
      {"http://ho\tst/", "the host may hold letters, digits, - _ and dots"},
      {"http://host%41/", "the host may hold letters, digits, - _ and dots"},
      {"http://b\xc3\xbc.example/", "write the host in ASCII (punycode)"},
      {"http://.a/", "a label of the host must have 1 to 63 bytes"},
      {"http://a..b/", "a label of the host must have 1 to 63 bytes"},
      {"http://a123456789a123456789a123456789a123456789a123456789a123456789abcd"
       "/",
       "a label of the host must have 1 to 63 bytes"},
      {"http://host:a/", "the port must be a number"},
      {"http://host:-1/", "the port must be a number"},
      {"http://host:1:2/", "the port must be a number"},
      {"http://host:0/", "the port must be from 1 to 65535"},
      {"http://host:65536/", "the port must be from 1 to 65535"},
      {"http://host:4294967377/", "the port must be from 1 to 65535"},
      {"http://::1/", "the host is missing"},
      {"http://fe80::1/", "the port must be a number"},
      {"http://[::1/", "[] must hold an IPv6 address, without a zone"},
      {"http://[]/", "[] must hold an IPv6 address, without a zone"},
      {"http://[127.0.0.1]/", "[] must hold an IPv6 address, without a zone"},
      {"http://[fe80::1%25eth0]/",
       "[] must hold an IPv6 address, without a zone"},
      {"http://[::1]x/", "the host must be followed by a port or a path"},
      {"http://127.1/", "the host is neither a name nor a whole address"},
      {"http://2130706433/", "the host is neither a name nor a whole address"},
      {"http://0x7f.1/", "the host is neither a name nor a whole address"},
      {"http://127.0.0.0x1./",
       "the host is neither a name nor a whole address"},
      {"http://256.0.0.1/", "the host is neither a name nor a whole address"},
  };
  struct pyr__memory memory;
  struct pyr__url url;
  pyr_error_t err;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    const char *reason;
    assert_int_equal(
        pyr__url_parse(&url, &memory,
                       (pyr_str_t){table[i][0], strlen(table[i][0])}, &err),
        -EINVAL);
    assert_memory_equal(err.text, "bad URL \"", 9);
    reason = strstr(err.text, "\": ");
    assert_non_null(reason);
    assert_string_equal(reason + 3, table[i][1]);
    assert_null(strstr(err.text, "secret"));
    assert_null(url.text);
  }
  assert_int_equal(memory.accounts[PYR__MEM_NET_CLIENT].used_blocks, 0);
}

static int parse_code(struct pyr__memory *memory, pyr_str_t text,
                      pyr_error_t *err) {
  struct pyr__url url;
  int rc = pyr__url_parse(&url, memory, text, err);
  pyr__url_release(&url);
  return rc;
}

static void sizes__are_bounded(void **state) {
  static char text[2 * PYR__LIMIT_URL_BYTES];
  struct pyr__memory memory;
  pyr_error_t err;
  (void)state;
  pyr__memory_init(&memory, NULL);
  memset(text, 'a', sizeof(text));
  memcpy(text, "http://h/", 9);
  assert_int_equal(
      parse_code(&memory, (pyr_str_t){text, PYR__LIMIT_URL_BYTES}, &err), 0);
  assert_int_equal(
      parse_code(&memory, (pyr_str_t){text, PYR__LIMIT_URL_BYTES + 1}, &err),
      PYR_ELIMIT);
  assert_string_equal(err.text, "URL is longer than 8192 bytes");
  /* Encoded it is longer than it came. */
  memset(text + 9, ' ', 4000);
  assert_int_equal(parse_code(&memory, (pyr_str_t){text, 4009}, &err),
                   PYR_ELIMIT);
  assert_string_equal(err.text, "URL is longer than 8192 bytes");
  assert_int_equal(parse_code(&memory, (pyr_str_t){"http://h/a\0b", 12}, &err),
                   -EINVAL);
  assert_non_null(strstr(err.text, "it holds a NUL byte"));
  memset(text + 7, 'a', 300);
  for (unsigned i = 0; i < 300; i += 50)
    text[7 + i + 49] = '.';
  assert_int_equal(parse_code(&memory, (pyr_str_t){text, 7 + 253}, &err), 0);
  assert_int_equal(parse_code(&memory, (pyr_str_t){text, 7 + 254}, &err),
                   -EINVAL);
  assert_non_null(strstr(err.text, "the host is longer than 253 bytes"));
}

static void origins__differ_by_scheme_host_and_port(void **state) {
  static const char *const same[][2] = {
      {"http://a/x", "http://a:80/y?z"},
      {"http://A/", "http://a/"},
      {"https://a:443/", "https://a/"},
      {"http://[::1]:1/", "http://[::1]:1/x"},
  };
  static const char *const other[][2] = {
      {"http://a/", "https://a/"},    {"http://a/", "http://a:81/"},
      {"http://a/", "http://b/"},     {"http://a/", "http://a./"},
      {"http://a/", "http://aa/"},    {"https://a/", "http://a:443/"},
      {"http://[::1]/", "http://a/"},
  };
  struct pyr__memory memory;
  struct pyr__url a, b;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
    parse(&a, &memory, same[i][0]);
    parse(&b, &memory, same[i][1]);
    assert_true(pyr__url_same_origin(&a, &b));
    pyr__url_release(&a);
    pyr__url_release(&b);
  }
  for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
    parse(&a, &memory, other[i][0]);
    parse(&b, &memory, other[i][1]);
    assert_false(pyr__url_same_origin(&a, &b));
    pyr__url_release(&a);
    pyr__url_release(&b);
  }
}

static void check_resolved(struct pyr__memory *memory, const char *base_text,
                           const char *reference, const char *expected) {
  struct pyr__url base, url;
  pyr_error_t err = {0};
  int rc;
  parse(&base, memory, base_text);
  rc = pyr__url_resolve(&url, &base, (pyr_str_t){reference, strlen(reference)},
                        &err);
  if (expected[0] == '!') {
    assert_int_equal(rc, -EINVAL);
    assert_non_null(strstr(err.text, expected + 1));
    assert_null(url.text);
  } else {
    assert_string_equal(err.text, "");
    assert_int_equal(rc, 0);
    assert_string_equal(url.text, expected);
  }
  pyr__url_release(&url);
  pyr__url_release(&base);
}

/* RFC 3986, 5.4, without fragments; only strict, so that "http:g" is no path.
 */
static void references__are_resolved_as_the_standard_shows(void **state) {
  static const char base[] = "http://a/b/c/d;p?q";
  static const char *const table[][2] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {"g?y#s", "http://a/b/c/g?y"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"http:g", "!the scheme must be followed by //"},
      {"g:h", "!the scheme must be http or https"},
      {"mailto:x@y", "!the scheme must be http or https"},
      /* Further than the standard's table. */
      {"https://B:443/x/../y", "https://b/y"},
      {"http://b", "http://b/"},
      {"http://b?x", "http://b/?x"},
      {"//b:81/..", "http://b:81/"},
      {"?", "http://a/b/c/d;p?"},
      {"/a//../b", "http://a/a/b"},
      {"/a/..//b", "http://a//b"},
      {"g h", "http://a/b/c/g%20h"},
      {"/\r\nX: y", "http://a/%0D%0AX:%20y"},
      {"//user@b/", "!user and password may not stand in a URL"},
      {"http://", "!the host is missing"},
      {"//b:99999/", "!the port must be from 1 to 65535"},
      {"./a:b", "http://a/b/c/a:b"},
      {"1a:b", "http://a/b/c/1a:b"},
  };
  struct pyr__memory memory;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
    check_resolved(&memory, base, table[i][0], table[i][1]);
  check_resolved(&memory, "https://h:8443", "x?y", "https://h:8443/x?y");
  check_resolved(&memory, "http://[::1]:1/a/b", "../c", "http://[::1]:1/c");
  assert_int_equal(memory.accounts[PYR__MEM_NET_CLIENT].used_blocks, 0);
}

static void long_references__are_refused(void **state) {
  static char text[PYR__LIMIT_URL_BYTES + 1];
  struct pyr__memory memory;
  struct pyr__url base, url;
  pyr_error_t err;
  (void)state;
  pyr__memory_init(&memory, NULL);
  memset(text, 'a', sizeof(text));
  parse(&base, &memory, "http://h/folder/x");
  assert_int_equal(
      pyr__url_resolve(&url, &base, (pyr_str_t){text, sizeof(text)}, &err),
      PYR_ELIMIT);
  /* Fits by itself, but not behind the folder. */
  assert_int_equal(
      pyr__url_resolve(&url, &base, (pyr_str_t){text, sizeof(text) - 1}, &err),
      PYR_ELIMIT);
  assert_string_equal(err.text, "URL is longer than 8192 bytes");
  pyr__url_release(&base);
  assert_int_equal(memory.accounts[PYR__MEM_NET_CLIENT].used_blocks, 0);
}

static void no_memory__is_an_error_wherever_it_ends(void **state) {
  static const char text[] = "http://host:81/folder/page?query";
  struct pyr__memory memory;
  size_t n;
  int rc = PYR__ENOMEM;
  (void)state;
  for (n = 1; rc != 0; n++) {
    struct failing_allocator failing = {.fail_at = n};
    pyr_alloc_t alloc = failing_alloc(&failing);
    struct pyr__url base = {0}, url = {0};
    pyr_error_t err = {0};
    assert_true(n < 100);
    pyr__memory_init(&memory, &alloc);
    rc = pyr__url_parse(&base, &memory, (pyr_str_t){text, sizeof(text) - 1},
                        &err);
    if (rc == 0)
      rc = pyr__url_resolve(&url, &base, (pyr_str_t){"../x", 4}, &err);
    assert_true(rc == 0 || rc == PYR__ENOMEM);
    assert_string_equal(err.text, rc == 0 ? "" : "out of memory");
    pyr__url_release(&url);
    pyr__url_release(&base);
    assert_int_equal(failing.live, 0);
  }
  assert_true(n > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_urls__become_normal),
      cmocka_unit_test(bad_urls__are_refused_with_the_reason),
      cmocka_unit_test(sizes__are_bounded),
      cmocka_unit_test(origins__differ_by_scheme_host_and_port),
      cmocka_unit_test(references__are_resolved_as_the_standard_shows),
      cmocka_unit_test(long_references__are_refused),
      cmocka_unit_test(no_memory__is_an_error_wherever_it_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
