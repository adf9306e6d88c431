#include "config_support.h"

#include <stdio.h>

#define JOB(rest)                                                              \
  "scrape-configs:\n"                                                          \
  "  - job-name: a\n"                                                          \
  "    enabled-profiles: [cpu]\n" rest

static void a_job_and_its_discovery_say_each_who_they_are(void **state) {
  pyr_config_t *config =
      parse_good(JOB("    basic-auth: {username: me, password: p}\n"
                     "    follow-redirects: true\n"
                     "    http-sd-configs:\n"
                     "      - url: http://a\n"
                     "        authorization: {type: Token, credentials: c}\n"
                     "      - {url: 'http://b', bearer-token-file: /t,\n"
                     "         follow-redirects: false}\n"));
  const struct pyr__job_config *job = &config->jobs[0];
  (void)state;
  assert_true(job->access.follow_redirects);
  assert_string_equal(job->access.auth->username, "me");
  assert_string_equal(job->access.auth->password, "p");
  assert_true(job->sd.http[0].access.follow_redirects);
  assert_string_equal(job->sd.http[0].access.auth->type, "Token");
  assert_string_equal(job->sd.http[0].access.auth->credentials, "c");
  assert_false(job->sd.http[1].access.follow_redirects);
  assert_string_equal(job->sd.http[1].access.auth->credentials_file, "/t");
  pyr_config_unref(config);
}

static void assert_header(const struct pyr__http_header *header,
                          const char *name, const char *value,
                          const char *file) {
  assert_string_equal(header->name, name);
  assert_string_equal(header->value == NULL ? "" : header->value, value);
  assert_string_equal(header->file == NULL ? "" : header->file, file);
}

static void headers_are_lines_in_their_order(void **state) {
  pyr_config_t *config =
      parse_good(JOB("    http-headers:\n"
                     "      X_Under-Score: {values: [a, b], secrets: s}\n"
                     "      x-file: {files: [/f, /g], values: v}\n"
                     "      x-none: {}\n"
                     "    http-sd-configs:\n"
                     "      - url: http://a\n"
                     "        http_headers: {Accept: {values: [x/y]}}\n"));
  const struct pyr__http_headers *headers = &config->jobs[0].access.headers;
  (void)state;
  assert_int_equal(headers->count, 6);
  assert_header(&headers->items[0], "X_Under-Score", "a", "");
  assert_header(&headers->items[1], "X_Under-Score", "b", "");
  assert_header(&headers->items[2], "X_Under-Score", "s", "");
  assert_header(&headers->items[3], "x-file", "v", "");
  assert_header(&headers->items[4], "x-file", "", "/f");
  assert_header(&headers->items[5], "x-file", "", "/g");
  headers = &config->jobs[0].sd.http[0].access.headers;
  assert_int_equal(headers->count, 1);
  assert_header(&headers->items[0], "Accept", "x/y", "");
  pyr_config_unref(config);
}

static void oauth2_says_whom_to_ask(void **state) {
  pyr_config_t *config = parse_good(JOB(
      "    oauth2:\n"
      "      client-id: me\n"
      "      client-secret-file: /s\n"
      "      scopes: [a, b c]\n"
      "      token-url: https://t/token\n"
      "      endpoint-params: {resource: r, audience: a}\n"
      "      tls-config: {ca-file: /ca}\n"
      "      proxy-url: https://proxy\n"
      "      no-proxy: a\n"
      "      proxy_connect_header: {X-A: [b]}\n"
      "    proxy-url: http://other\n"
      "    http-sd-configs:\n"
      "      - url: http://a\n"
      "        oauth2: {client_id: x, token_url: 'http://t', client_secret: "
      "y, proxy-from-environment: true}\n"));
  const struct pyr__oauth2_options *oauth2 = config->jobs[0].access.oauth2;
  (void)state;
  assert_null(config->jobs[0].access.auth);
  assert_string_equal(oauth2->client_id, "me");
  assert_null(oauth2->client_secret);
  assert_string_equal(oauth2->client_secret_file, "/s");
  assert_string_equal(oauth2->token_url, "https://t/token");
  assert_int_equal(oauth2->scope_count, 2);
  assert_string_equal(oauth2->scopes[1].base, "b c");
  assert_int_equal(oauth2->param_count, 2);
  assert_string_equal(oauth2->params[0].name.base, "audience");
  assert_string_equal(oauth2->params[0].value.base, "a");
  assert_string_equal(oauth2->access.tls->ca_file, "/ca");
  assert_string_equal(oauth2->access.proxy.url.base, "https://proxy");
  assert_string_equal(oauth2->access.proxy.no_proxy.base, "a");
  assert_header(&oauth2->access.proxy.connect_headers.items[0], "X-A", "b", "");
  oauth2 = config->jobs[0].sd.http[0].access.oauth2;
  assert_true(oauth2->access.proxy.from_environment);
  assert_int_equal(oauth2->access.proxy.url.len, 0);
  assert_string_equal(oauth2->client_secret, "y");
  assert_null(oauth2->client_secret_file);
  pyr_config_unref(config);
}

static void any_kind_of_proxy(void **state) {
  static const char *const urls[] = {"https://me:pw@proxy", "HTTP://a",
                                     "socks5://me:pw@[::1]:1080",
                                     "SOCKS5H://proxy"};
  char text[256];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
    pyr_config_t *config;
    snprintf(text, sizeof(text), JOB("    proxy-url: '%s'\n"), urls[i]);
    config = parse_good(text);
    assert_string_equal(config->jobs[0].access.proxy.url.base, urls[i]);
    pyr_config_unref(config);
  }
}

static void a_proxy_and_what_it_is_told(void **state) {
  pyr_config_t *config = parse_good(
      JOB("    proxy-url: http://me:pw@proxy:3128\n"
          "    no-proxy: 10.0.0.0/8\n"
          "    proxy_connect_header: {Proxy-Authorization: [a, b]}\n"
          "    http-sd-configs:\n"
          "      - {url: 'http://a', proxy-from-environment: true,\n"
          "         proxy-url: '', no-proxy: '', proxy-connect-header: {}}\n"));
  const struct pyr__proxy_options *proxy = &config->jobs[0].access.proxy;
  (void)state;
  assert_string_equal(proxy->url.base, "http://me:pw@proxy:3128");
  assert_string_equal(proxy->no_proxy.base, "10.0.0.0/8");
  assert_false(proxy->from_environment);
  assert_int_equal(proxy->connect_headers.count, 2);
  assert_header(&proxy->connect_headers.items[1], "Proxy-Authorization", "b",
                "");
  proxy = &config->jobs[0].sd.http[0].access.proxy;
  assert_true(proxy->from_environment);
  assert_int_equal(proxy->url.len, 0);
  pyr_config_unref(config);
}

static void http2_is_forbidden_or_noted(void **state) {
  pyr_config_t *config = parse_good(JOB("    enable-http2: false\n"));
  size_t notes = config->note_count;
  (void)state;
  pyr_config_unref(config);
  config = parse_good(JOB("    enable-http2: true\n"));
  assert_int_equal(config->note_count, notes + 1);
  pyr_config_unref(config);
}

#define NO_PROXY_URL                                                           \
  "is no URL of a proxy, expected http://, https://, socks5:// or "            \
  "socks5h:// and HOST:PORT, which may have USER:PASSWORD@ before the host"

static const struct {
  const char *text, *error;
} bad[] = {
    {JOB("    basic-auth: {username: a}\n    authorization: {}\n"),
     "config:5:5: authorization: at most one of basic-auth, oauth2 & "
     "authorization must be configured"},
    {JOB("    bearer-token: a\n    bearer-token-file: b\n"),
     "config:5:5: bearer-token-file: at most one of bearer-token & "
     "bearer-token-file must be configured"},
    {JOB("    http-sd-configs:\n      - url: http://a\n"
         "        bearer-token: a\n        basic-auth: {username: b}\n"),
     "config:7:9: basic-auth: at most one of basic-auth, oauth2, bearer-token "
     "& bearer-token-file must be configured"},
    {JOB("    basic-auth: {password: a, password-file: b}\n"),
     "config:4:17: basic-auth: at most one of basic-auth password & "
     "password-file must be configured"},
    {JOB("    authorization: {type: Basic, credentials: a}\n"),
     "config:4:20: authorization: authorization type cannot be set to "
     "\"basic\", use \"basic-auth\" instead"},
    {JOB("    http-headers: {authorization: {secrets: [canary]}}\n"),
     "config:4:20: http-headers: setting header \"authorization\" is not "
     "allowed"},
    {JOB("    http-headers: {Transfer-Encoding: {values: [chunked]}}\n"),
     "config:4:20: http-headers: setting header \"Transfer-Encoding\" is not "
     "allowed"},
    {JOB("    http-headers: {\"a b\": {values: [c]}}\n"),
     "config:4:20: http-headers: \"a b\" is no name of a header"},
    {JOB("    http-headers: {\"\": {values: [c]}}\n"),
     "config:4:20: http-headers: \"\" is no name of a header"},
    {JOB("    http-headers: {X: {secrets: [a, \"canary\\nY: z\"]}}\n"),
     "config:4:37: secrets: is no value of a header, expected one line"},
    {JOB("    http-headers: {X: {values: ''}}\n"),
     "config:4:32: values: is no value of a header, expected one line"},
    {JOB("    http-headers: {X: a}\n"),
     "config:4:23: X: is text, expected a map of keys"},
    {JOB("    http-headers: {X: {value: a}}\n"),
     "config:4:24: value: is no key of a header of http-headers, expected "
     "values"},
    {JOB("    http-headers: [X]\n"),
     "config:4:19: http-headers: is a list, expected a map of headers"},
    {JOB("    proxy-url: socks4://me:canary@proxy\n"),
     "config:4:16: proxy-url: " NO_PROXY_URL},
    {JOB("    proxy-url: socks5://me:canary@\n"),
     "config:4:16: proxy-url: " NO_PROXY_URL},
    {JOB("    proxy-url: https://:3128\n"),
     "config:4:16: proxy-url: " NO_PROXY_URL},
    {JOB("    proxy-url: http://me:canary@\n"),
     "config:4:16: proxy-url: " NO_PROXY_URL},
    {JOB("    proxy-url: 'http://'\n"),
     "config:4:16: proxy-url: " NO_PROXY_URL},
    {JOB("    proxy-url: canary:3128\n"),
     "config:4:16: proxy-url: " NO_PROXY_URL},
    {JOB("    proxy-url: [http://a]\n"),
     "config:4:16: proxy-url: is a list, expected text"},
    {JOB("    proxy-url: http://a\n    proxy-from-environment: true\n"),
     "config:4:5: proxy-url: if proxy-from-environment is configured, "
     "proxy-url must not be configured"},
    {JOB("    proxy-from-environment: true\n    no-proxy: a\n"),
     "config:5:5: no-proxy: if proxy-from-environment is configured, no-proxy "
     "must not be configured"},
    {JOB("    no-proxy: a\n"),
     "config:4:5: no-proxy: if no-proxy is configured, proxy-url must also be "
     "configured"},
    {JOB("    proxy-connect-header: {A: [b]}\n"),
     "config:4:5: proxy-connect-header: if proxy-connect-header is configured, "
     "proxy-url or proxy-from-environment must also be configured"},
    {JOB("    proxy-url: http://a\n"
         "    proxy-connect-header: {host: [b]}\n"),
     "config:5:28: proxy-connect-header: setting header \"host\" is not "
     "allowed"},
    {JOB("    proxy-url: http://a\n"
         "    proxy-connect-header: {A: [{b: c}]}\n"),
     "config:5:32: A: is a map, expected text"},
    {JOB("    oauth2: {}\n"),
     "config:4:13: oauth2: oauth2 client-id must be configured"},
    {JOB("    oauth2: {client-id: a}\n"),
     "config:4:13: oauth2: oauth2 token-url must be configured"},
    {JOB("    oauth2: {client-id: a, token-url: 'http://b', client-secret: "
         "canary, client-secret-file: d}\n"),
     "config:4:13: oauth2: at most one of oauth2 client-secret & "
     "client-secret-file must be configured"},
    {JOB("    oauth2: {client-id: a, token-url: b}\n"),
     "config:4:13: oauth2: token-url is no URL, expected http:// or https:// "
     "at its start"},
    {JOB("    oauth2: {client-id: a, token-url: 'http://b', scopes: [c],\n"
         "      endpoint-params: {scope: d}}\n"),
     "config:4:13: oauth2: the parameter scope is what scopes says, expected "
     "one of them"},
    {JOB("    oauth2: {client-id: a, token-url: 'http://b',\n"
         "      no-proxy: a}\n"),
     "config:5:7: no-proxy: if no-proxy is configured, proxy-url must also be "
     "configured"},
    {JOB("    oauth2: {client-id: a, token-url: 'http://b',\n"
         "      proxy-url: 'ftp://me:canary@a'}\n"),
     "config:5:18: proxy-url: " NO_PROXY_URL},
    {JOB("    oauth2: {client-id: a, token-url: 'http://b', tls-config:\n"
         "      {min-version: TLS9}}\n"),
     "config:5:7: tls-config: min-version: \"TLS9\" is unknown, expected one "
     "of "
     "TLS10, TLS11, TLS12 and TLS13"},
    {JOB("    oauth2: {client-id: a, token-url: 'http://b',\n"
         "      client-secrets: canary}\n"),
     "config:5:7: client-secrets: is no key of oauth2, expected "
     "client-secret"},
    {JOB("    oauth2: [canary]\n"),
     "config:4:13: oauth2: is a list, expected a map of keys"},
    {JOB("    basic-auth: {username: a}\n    oauth2: {client-id: a,\n"
         "      token-url: 'http://b'}\n"),
     "config:5:5: oauth2: at most one of basic-auth, oauth2 & authorization "
     "must be configured"},
    {JOB("    oauth2: {client-id: a, token-url: 'http://b'}\n"
         "    bearer-token: canary\n"),
     "config:5:5: bearer-token: at most one of basic-auth, oauth2, "
     "bearer-token & bearer-token-file must be configured"},
};

static void what_cannot_be_is_refused(void **state) {
  pyr_config_t *config;
  pyr_error_t err;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    assert_int_equal(
        pyr_config_parse(&config, bad[i].text, strlen(bad[i].text), NULL, &err),
        PYR_ECONFIG);
    assert_string_equal(err.text, bad[i].error);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_job_and_its_discovery_say_each_who_they_are),
      cmocka_unit_test(headers_are_lines_in_their_order),
      cmocka_unit_test(oauth2_says_whom_to_ask),
      cmocka_unit_test(any_kind_of_proxy),
      cmocka_unit_test(a_proxy_and_what_it_is_told),
      cmocka_unit_test(http2_is_forbidden_or_noted),
      cmocka_unit_test(what_cannot_be_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
