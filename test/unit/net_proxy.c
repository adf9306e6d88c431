#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/proxy.h"

struct fixture {
  struct failing_allocator failing;
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__proxies proxies;
  pyr_error_t err;
};

static int begin(struct fixture *fixture, struct pyr__proxy_options options) {
  pyr_alloc_t alloc = failing_alloc(&fixture->failing);
  pyr__memory_init(&fixture->memory, &alloc);
  pyr__arena_init(&fixture->arena, &fixture->memory, PYR__MEM_NET_SECRETS,
                  PYR__MIB);
  memset(&fixture->proxies, 0, sizeof(fixture->proxies));
  fixture->err.text[0] = '\0';
  return pyr__proxies_init(&fixture->proxies, &fixture->arena, &options,
                           &fixture->err);
}

static void end(struct fixture *fixture) {
  pyr__proxies_release(&fixture->proxies, &fixture->memory);
  pyr__arena_release(&fixture->arena);
  assert_int_equal(fixture->failing.live, 0);
}

static const struct pyr__proxy *find(struct fixture *fixture,
                                     const char *text) {
  const struct pyr__proxy *proxy;
  struct pyr__url url;
  assert_int_equal(pyr__url_parse(&url, &fixture->memory, pyr__str(text), NULL),
                   0);
  proxy = pyr__proxies_find(&fixture->proxies, &url);
  pyr__url_release(&url);
  return proxy;
}

static void assert_found(struct fixture *fixture, const char *url,
                         const char *name) {
  const struct pyr__proxy *proxy = find(fixture, url);
  assert_string_equal(proxy == NULL ? "" : proxy->name, name);
}

static struct pyr__proxy_options of(const char *url, const char *no_proxy) {
  return (struct pyr__proxy_options){.url = pyr__str(url),
                                     .no_proxy = pyr__str(no_proxy)};
}

enum way { HTTP, HTTPS, SOCKS5 };

static const struct {
  enum way way;
  const char *url, *name, *authorization;
} good[] = {
    {HTTP, "http://proxy", "proxy:80", ""},
    {HTTP, "HTTP://Proxy.Example:3128/path?x#y", "proxy.example:3128", ""},
    {HTTP, "http://[::1]:3128", "[::1]:3128", ""},
    {HTTP, "http://me:p:w@10.0.0.1:3128", "10.0.0.1:3128",
     "Proxy-Authorization: Basic bWU6cDp3\r\n"},
    {HTTP, "http://me@proxy", "proxy:80",
     "Proxy-Authorization: Basic bWU6\r\n"},
    {HTTP, "http://@proxy", "proxy:80", "Proxy-Authorization: Basic Og==\r\n"},
    {HTTP, "http://m%65:p%3aw@proxy", "proxy:80",
     "Proxy-Authorization: Basic bWU6cDp3\r\n"},
    {HTTP, "http://a@b:c@proxy", "proxy:80",
     "Proxy-Authorization: Basic YUBiOmM=\r\n"},
    {HTTPS, "https://proxy", "proxy:443", ""},
    {HTTPS, "HTTPS://me:pw@proxy:3128", "proxy:3128",
     "Proxy-Authorization: Basic bWU6cHc=\r\n"},
    {SOCKS5, "socks5://proxy", "proxy:1080", ""},
    {SOCKS5, "SOCKS5h://proxy:80/", "proxy:80", ""},
    {SOCKS5, "socks5h://[::1]", "[::1]:1080", ""},
    {SOCKS5, "socks5h://proxy:", "proxy:1080", ""},
    {SOCKS5, "socks5h://proxy1", "proxy1:1080", ""},
    {SOCKS5, "socks5://m%65:p%3aw@[::1]:1", "[::1]:1", "\1\2me\3p:w"},
};

static void a_proxy_is_its_url(void **state) {
  struct fixture fixture = {.failing = {0}};
  const struct pyr__proxy *proxy;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    if (begin(&fixture, of(good[i].url, "")) != 0)
      fail_msg("%s: %s", good[i].url, fixture.err.text);
    assert_found(&fixture, "http://a", good[i].name);
    assert_found(&fixture, "https://a", good[i].name);
    assert_found(&fixture, "http://127.0.0.1", good[i].name);
    proxy = find(&fixture, "http://a");
    assert_true(pyr__str_is(proxy->authorization, good[i].authorization));
    assert_int_equal(proxy->kind == PYR__PROXY_SOCKS5, good[i].way == SOCKS5);
    assert_int_equal(proxy->url.is_https, good[i].way == HTTPS);
    end(&fixture);
  }
}

#define CANARIES    "canarycanarycanarycanarycanarycanarycanarycanary"
#define LONG_CANARY CANARIES CANARIES CANARIES CANARIES CANARIES CANARIES

static const struct {
  const char *url, *error;
} bad[] = {
    {"http://canary:canary@", "proxy-url: bad URL \"http://\": the host"},
    {"http://canary:canary@proxy:0", "proxy-url: bad URL \"http://proxy:0\": "
                                     "the port must be from 1 to 65535"},
    {"http://canary%zz@proxy", "proxy-url: user and password: expected two"},
    {"http://canary:%", "proxy-url: bad URL"},
    {"http://canary:%00@proxy", "proxy-url: user and password: expected two"},
    {"socks4://canary@proxy", "proxy-url: the scheme must be http, https, "
                              "socks5 or socks5h"},
    {"socks5://:canary@proxy", "proxy-url: user and password: SOCKS5 has a "
                               "user of 1 to 255 bytes and a password of 255"},
    {"socks5://me:" LONG_CANARY "@proxy", "proxy-url: user and password: SOC"},
    {"socks5://" LONG_CANARY "@proxy", "proxy-url: user and password: SOCKS5"},
    {"socks5://canary@proxy:x", "proxy-url: bad URL"},
    {"socks5://canary@proxy:0", "proxy-url: bad URL"},
    {"http://canary@a b", "proxy-url: bad URL \"http://a b\": "},
};

static void what_is_wrong_is_said_without_secrets(void **state) {
  struct fixture fixture = {.failing = {0}};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    assert_int_equal(begin(&fixture, of(bad[i].url, "")), PYR_ECONFIG);
    if (strstr(fixture.err.text, bad[i].error) != fixture.err.text)
      fail_msg("%s, expected %s", fixture.err.text, bad[i].error);
    if (strchr(bad[i].url, '@') != NULL)
      assert_null(strstr(fixture.err.text, "canary"));
    end(&fixture);
  }
}

static void no_proxy_alone_decides_with_a_url(void **state) {
  struct fixture fixture = {.failing = {0}};
  (void)state;
  assert_int_equal(begin(&fixture, of("http://proxy", "a.b, 10.0.0.0/8")), 0);
  assert_found(&fixture, "http://a.b", "");
  assert_found(&fixture, "https://x.a.b:81", "");
  assert_found(&fixture, "http://10.9.9.9", "");
  assert_found(&fixture, "http://localhost", "proxy:80");
  assert_found(&fixture, "https://127.0.0.1", "proxy:80");
  end(&fixture);
  assert_int_equal(begin(&fixture, of("", "")), 0);
  assert_found(&fixture, "http://a.b", "");
  end(&fixture);
}

static const char *const variables[] = {"HTTP_PROXY",  "http_proxy",
                                        "HTTPS_PROXY", "https_proxy",
                                        "NO_PROXY",    "no_proxy"};

static void clear_environment(void) {
  size_t i;
  for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
    unsetenv(variables[i]);
}

static void the_environment_is_read(void **state) {
  static const struct pyr__proxy_options options = {
      .url = {"", 0}, .no_proxy = {"", 0}, .from_environment = true};
  struct fixture fixture = {.failing = {0}};
  (void)state;
  clear_environment();
  assert_int_equal(begin(&fixture, options), 0);
  assert_found(&fixture, "http://a", "");
  end(&fixture);
  setenv("HTTP_PROXY", "", 1);
  setenv("http_proxy", "lower:1", 1);
  setenv("HTTPS_PROXY", "http://me:canary@upper:2", 1);
  setenv("https_proxy", "http://lower:2", 1);
  setenv("no_proxy", "direct.example", 1);
  assert_int_equal(begin(&fixture, options), 0);
  assert_found(&fixture, "http://a", "lower:1");
  assert_found(&fixture, "https://a", "upper:2");
  assert_found(&fixture, "https://direct.example", "");
  assert_found(&fixture, "http://localhost:8080", "");
  assert_found(&fixture, "https://127.0.0.2", "");
  assert_found(&fixture, "https://[::1]", "");
  end(&fixture);
  setenv("HTTPS_PROXY", "http://me:canary@upper:x", 1);
  assert_int_equal(begin(&fixture, options), PYR_ECONFIG);
  assert_string_equal(fixture.err.text, "HTTPS_PROXY: bad URL "
                                        "\"http://upper:x\": the port must be "
                                        "a number");
  end(&fixture);
  clear_environment();
}

static void no_memory_is_an_ordinary_error(void **state) {
  static const char *const urls[] = {"http://me:pw@proxy",
                                     "socks5://me:pw@proxy"};
  struct fixture fixture = {.failing = {0}};
  size_t i, n;
  (void)state;
  for (i = 0; i < 2; i++) {
    int rc = PYR__ENOMEM;
    for (n = 1; n < 100 && rc != 0; n++) {
      fixture.failing = (struct failing_allocator){.fail_at = n};
      rc = begin(&fixture, of(urls[i], "a,b"));
      assert_true(rc == 0 || rc == PYR__ENOMEM);
      end(&fixture);
    }
    assert_int_equal(rc, 0);
    assert_true(n > 4);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_proxy_is_its_url),
      cmocka_unit_test(what_is_wrong_is_said_without_secrets),
      cmocka_unit_test(no_proxy_alone_decides_with_a_url),
      cmocka_unit_test(the_environment_is_read),
      cmocka_unit_test(no_memory_is_an_ordinary_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
