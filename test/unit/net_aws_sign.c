#include "support.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/aws_sign.h"

/* The credentials, date, region and service of AWS's published suite. */
static const struct pyr__aws_keys suite_keys = {
    "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL};

static struct pyr__aws_request suite_request(const char *path,
                                             const char *query) {
  return (struct pyr__aws_request){.region = "us-east-1",
                                   .service = "service",
                                   .host = pyr__str("example.amazonaws.com"),
                                   .path = pyr__str(path),
                                   .query = pyr__str(query),
                                   .time_s = 1440938160};
}

static void assert_signed(const struct pyr__aws_keys *keys,
                          const struct pyr__aws_request *request,
                          const char *expected) {
  struct pyr__memory memory;
  struct pyr__buf headers;
  pyr_error_t err;
  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&headers, &memory, PYR__MEM_BASE_TEXT, PYR__MIB);
  assert_int_equal(pyr__aws_sign(&headers, keys, request, &err), 0);
  assert_int_equal(pyr__buf_add_byte(&headers, 0), 0);
  assert_string_equal((char *)headers.data, expected);
  pyr__buf_release(&headers);
}

#define SIGNED(signature)                                                      \
  "X-Amz-Date: 20150830T123600Z\r\n"                                           \
  "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" \
  "service/aws4_request, SignedHeaders=host;x-amz-date, "                      \
  "Signature=" signature "\r\n"

static void published_requests__have_their_signatures(void **state) {
  static const struct {
    const char *path, *query, *headers;
  } cases[] = {{"/", "",
                SIGNED("5fa00fa31553b73ebf1942676e86291e"
                       "8372ff2a2260956d9b8aae1d763fbf31")},
               {"/", "Param1=value1&Param2=value2",
                SIGNED("b97d918cfa904a5beff61c982a1b6f45"
                       "8b799221646efd99d3219ec94cdf2500")}};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct pyr__aws_request request =
        suite_request(cases[i].path, cases[i].query);
    assert_signed(&suite_keys, &request, cases[i].headers);
  }
}

/* As botocore signs it. */
static void query_and_token__are_signed(void **state) {
  const struct pyr__aws_keys keys = {suite_keys.id, suite_keys.secret,
                                     "to/ken=="};
  const struct pyr__aws_request request = {
      .region = "eu-west-1",
      .service = "ec2",
      .host = pyr__str("ec2.eu-west-1.amazonaws.com"),
      .path = pyr__str("/"),
      .query = pyr__str(
          "Action=DescribeInstances&Filter.1.Name=tag%3Ateam&Filter.1.Value.1="
          "a%20b&Filter.1.Value.10=z&Version=2016-11-15"),
      .time_s = 1440938160};
  (void)state;
  assert_signed(
      &keys, &request,
      "X-Amz-Date: 20150830T123600Z\r\n"
      "X-Amz-Security-Token: to/ken==\r\n"
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/"
      "eu-west-1/ec2/aws4_request, SignedHeaders=host;x-amz-date;"
      "x-amz-security-token, "
      "Signature="
      "310f8456e1e25af308cf12714d7b1cb456e359732eaa08334a11518cd46fcc51\r\n");
}

static void bad_keys__are_refused(void **state) {
  static const char *const bad[] = {"", "a b", "a\r\nX: y", "\x7f", "\xc3\xa9"};
  struct pyr__aws_request request = suite_request("/", "");
  struct pyr__memory memory;
  struct pyr__buf headers;
  pyr_error_t err;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&headers, &memory, PYR__MEM_BASE_TEXT, PYR__MIB);
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    const struct pyr__aws_keys keys[] = {
        {bad[i], "b", NULL}, {"a", bad[i], NULL}, {"a", "b", bad[i]}};
    size_t j;
    for (j = 0; j < 3; j++)
      assert_int_equal(pyr__aws_sign(&headers, &keys[j], &request, &err),
                       PYR_EUSAGE);
  }
  assert_int_equal(headers.len, 0);
  pyr__buf_release(&headers);
}

static void memory__may_fail_anywhere(void **state) {
  struct failing_allocator failing = {.fail_at = 0};
  pyr_alloc_t alloc = failing_alloc(&failing);
  struct pyr__aws_request request = suite_request("/", "");
  struct pyr__memory memory;
  struct pyr__buf headers;
  pyr_error_t err;
  size_t n;
  int rc = PYR__ENOMEM;
  (void)state;
  for (n = 1; rc != 0; n++) {
    failing = (struct failing_allocator){.fail_at = n};
    pyr__memory_init(&memory, &alloc);
    pyr__buf_init(&headers, &memory, PYR__MEM_BASE_TEXT, PYR__MIB);
    rc = pyr__aws_sign(&headers, &suite_keys, &request, &err);
    assert_true(rc == 0 || rc == PYR__ENOMEM);
    pyr__buf_release(&headers);
    assert_int_equal(failing.live, 0);
  }
  assert_true(n > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_requests__have_their_signatures),
      cmocka_unit_test(query_and_token__are_signed),
      cmocka_unit_test(bad_keys__are_refused),
      cmocka_unit_test(memory__may_fail_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
