#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "discovery/aws/ec2_xml.h"

static const char page[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/x/\">\n"
    " <requestId>r</requestId>\n"
    " <reservationSet><item><ownerId>owner</ownerId><groupSet/>"
    "<instancesSet>\n"
    "  <item><instanceId>i-1</instanceId><imageId>ami</imageId>"
    "<instanceState><code>16</code><name>running</name></instanceState>"
    "<privateIpAddress>10.0.0.1</privateIpAddress><vpcId>v</vpcId>"
    "<subnetId>s1</subnetId><placement><availabilityZone>z</availabilityZone>"
    "</placement><networkInterfaceSet><item><subnetId>s1</subnetId>"
    "<ipv6AddressesSet><item><ipv6Address>::1</ipv6Address></item>"
    "</ipv6AddressesSet></item><item><subnetId>s2</subnetId></item>"
    "<item><subnetId>s1</subnetId><ipv6AddressesSet><item><ipv6Address>::2"
    "</ipv6Address><isPrimaryIpv6>true</isPrimaryIpv6></item><item>"
    "<ipv6Address>::3</ipv6Address><isPrimaryIpv6>false</isPrimaryIpv6></item>"
    "</ipv6AddressesSet><attachment><deviceIndex>2</deviceIndex></attachment>"
    "</item><item><subnetId>s1</subnetId><attachment><deviceIndex>99999999999"
    "</deviceIndex></attachment><ipv6AddressesSet><item><isPrimaryIpv6>true"
    "</isPrimaryIpv6><ipv6Address>::4</ipv6Address></item></ipv6AddressesSet>"
    "</item></networkInterfaceSet>"
    "<tagSet><item><key>a&amp;b</key><value>1 &lt; 2</value></item></tagSet>"
    "</item>\n"
    "  <item><instanceId>i-2</instanceId></item>\n"
    " </instancesSet></item></reservationSet>\n"
    " <nextToken>more</nextToken>\n"
    "</DescribeInstancesResponse>\n";

struct reading {
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__ec2_answer answer;
  struct pyr__ec2_xml xml;
  pyr_error_t err;
  int rc;
};

/* In two parts, cut at `cut`; is_whole: the second one too. */
static void read(struct reading *reading, const char *root, const char *text,
                 size_t cut, bool is_whole, const pyr_alloc_t *alloc) {
  memset(reading, 0, sizeof(*reading));
  pyr__memory_init(&reading->memory, alloc);
  pyr__arena_init(&reading->arena, &reading->memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__MIB);
  reading->answer.end = &reading->answer.first;
  reading->rc = pyr__ec2_xml_init(&reading->xml, &reading->arena,
                                  &reading->answer, root, &reading->err);
  if (reading->rc == 0)
    reading->rc = pyr__ec2_xml_feed(&reading->xml, text, cut, &reading->err);
  if (reading->rc == 0 && is_whole)
    reading->rc = pyr__ec2_xml_feed(&reading->xml, text + cut,
                                    strlen(text) - cut, &reading->err);
  if (reading->rc == 0)
    reading->rc = pyr__ec2_xml_finish(&reading->xml, &reading->err);
  pyr__ec2_xml_release(&reading->xml);
}

static void release(struct reading *reading) {
  pyr__arena_release(&reading->arena);
}

#define ROOT "DescribeInstancesResponse"

static void assert_field(const struct pyr__ec2_instance *instance,
                         enum pyr__ec2_field field, const char *text) {
  if (!pyr__str_is(instance->fields[field], text))
    fail_msg("field %d is \"%.*s\"", (int)field,
             PYR__STR_ARG(instance->fields[field]));
}

static void assert_page(const struct reading *reading) {
  const struct pyr__ec2_instance *instance = reading->answer.first;
  assert_int_equal(reading->rc, 0);
  assert_int_equal(reading->answer.count, 2);
  assert_true(pyr__str_is(reading->answer.next_token, "more"));
  assert_field(instance, PYR__EC2_INSTANCE_ID, "i-1");
  assert_field(instance, PYR__EC2_AMI, "ami");
  assert_field(instance, PYR__EC2_STATE, "running");
  assert_field(instance, PYR__EC2_PRIVATE_IP, "10.0.0.1");
  assert_field(instance, PYR__EC2_ZONE, "z");
  assert_field(instance, PYR__EC2_OWNER, "owner");
  assert_field(instance, PYR__EC2_SUBNET, "s1");
  assert_field(instance, PYR__EC2_SUBNETS, ",s1,s2,");
  assert_field(instance, PYR__EC2_IPV6, ",::1,::2,::3,::4,");
  assert_field(instance, PYR__EC2_PRIMARY_IPV6, ",,,::2,");
  assert_field(instance, PYR__EC2_PLATFORM, "");
  assert_true(pyr__str_is(instance->tags->key, "a&b"));
  assert_true(pyr__str_is(instance->tags->value, "1 < 2"));
  assert_null(instance->tags->next);
  instance = instance->next;
  assert_field(instance, PYR__EC2_INSTANCE_ID, "i-2");
  assert_field(instance, PYR__EC2_OWNER, "owner");
  assert_field(instance, PYR__EC2_SUBNETS, "");
  assert_null(instance->tags);
  assert_null(instance->next);
}

static void page__is_the_same_however_it_is_cut(void **state) {
  struct reading reading;
  size_t cut;
  (void)state;
  for (cut = 0; cut <= strlen(page); cut++) {
    read(&reading, ROOT, page, cut, true, NULL);
    assert_page(&reading);
    release(&reading);
  }
}

static void part__is_no_answer(void **state) {
  struct reading reading;
  size_t cut, end = strlen(page) - 1; /* what follows is a newline */
  (void)state;
  for (cut = 0; cut < end; cut++) {
    read(&reading, ROOT, page, cut, false, NULL);
    assert_int_equal(reading.rc, PYR_EHTTP);
    assert_int_equal(strncmp(reading.err.text, "XML: ", 5), 0);
    release(&reading);
  }
}

static void changed_anywhere__is_read_safely(void **state) {
  static const char changes[] = "<>/&x\xff";
  struct reading reading;
  char text[sizeof(page)];
  size_t i, j;
  (void)state;
  for (i = 0; i < sizeof(page) - 1; i++)
    for (j = 0; changes[j] != '\0'; j++) {
      memcpy(text, page, sizeof(page));
      text[i] = changes[j];
      read(&reading, ROOT, text, 0, true, NULL);
      assert_true(reading.rc == 0 || reading.err.text[0] != '\0');
      release(&reading);
    }
}

static void strange_answers__are_refused(void **state) {
  static const struct {
    const char *text, *error;
  } cases[] = {{"", "XML: no element found, in line 1"},
               {"{}", "XML: not well-formed (invalid token), in line 1"},
               {"<html></html>", "the answer is a html, expected " ROOT},
               {"<Response><Errors/></Response>",
                "the answer is a Response, expected " ROOT},
               {"<!DOCTYPE a [<!ENTITY b 'c'>]><" ROOT ">&b;</" ROOT ">",
                "XML: a document type, which no answer has"},
               {"<" ROOT ">&b;</" ROOT ">", "XML: undefined entity, in line 1"},
               {"<" ROOT "/><" ROOT "/>",
                "XML: junk after document element, in line 1"}};
  struct reading reading;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    read(&reading, ROOT, cases[i].text, 0, true, NULL);
    assert_int_equal(reading.rc, PYR_EHTTP);
    assert_string_equal(reading.err.text, cases[i].error);
    release(&reading);
  }
}

static void zones__have_their_ids(void **state) {
  struct reading reading;
  (void)state;
  read(&reading, "DescribeAvailabilityZonesResponse",
       "<DescribeAvailabilityZonesResponse><availabilityZoneInfo>"
       "<item><zoneName>a</zoneName><zoneId>1</zoneId></item>"
       "</availabilityZoneInfo></DescribeAvailabilityZonesResponse>",
       0, true, NULL);
  assert_int_equal(reading.rc, 0);
  assert_true(pyr__str_is(reading.answer.zones->key, "a"));
  assert_true(pyr__str_is(reading.answer.zones->value, "1"));
  assert_null(reading.answer.zones->next);
  release(&reading);
}

static void limits__hold(void **state) {
  size_t size = PYR__LIMIT_EC2_TEXT + 200, i, len = 0;
  char *text = (char *)malloc(size * 4);
  struct reading reading;
  (void)state;
  len += (size_t)sprintf(text, "<" ROOT "><nextToken>");
  memset(text + len, 'x', size);
  strcpy(text + len + size, "</nextToken></" ROOT ">");
  read(&reading, ROOT, text, 0, true, NULL);
  assert_int_equal(reading.rc, PYR_ELIMIT);
  release(&reading);
  /* As deep as it likes. */
  len = (size_t)sprintf(text, "<" ROOT ">");
  for (i = 0; i < 20000; i++, len += 3)
    memcpy(text + len, "<a>", 3);
  for (i = 0; i < 20000; i++, len += 4)
    memcpy(text + len, "</a>", 4);
  strcpy(text + len, "</" ROOT ">");
  read(&reading, ROOT, text, 0, true, NULL);
  assert_int_equal(reading.rc, 0);
  release(&reading);
  free(text);
}

static void memory__may_fail_anywhere(void **state) {
  struct failing_allocator failing = {.fail_at = 0};
  pyr_alloc_t alloc = failing_alloc(&failing);
  struct reading reading;
  size_t n;
  (void)state;
  for (n = 1;; n++) {
    failing = (struct failing_allocator){.fail_at = n};
    read(&reading, ROOT, page, 100, true, &alloc);
    if (reading.rc == 0)
      break;
    assert_int_equal(reading.rc, PYR__ENOMEM);
    release(&reading);
    assert_int_equal(failing.live, 0);
  }
  assert_page(&reading);
  release(&reading);
  assert_int_equal(failing.live, 0);
  assert_true(n > 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(page__is_the_same_however_it_is_cut),
      cmocka_unit_test(part__is_no_answer),
      cmocka_unit_test(changed_anywhere__is_read_safely),
      cmocka_unit_test(strange_answers__are_refused),
      cmocka_unit_test(zones__have_their_ids),
      cmocka_unit_test(limits__hold),
      cmocka_unit_test(memory__may_fail_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
