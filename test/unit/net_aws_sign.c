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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_requests__have_their_signatures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
