#include "discovery/aws/ec2_labels.h"

#include <stdio.h>

#include "base/str.h"
#include "discovery/meta_labels.h"

#define LABEL(name) "__meta_ec2_" name

static const struct {
  const char *name;
  enum pyr__ec2_field field;
  bool is_of_public; /* only with a public address */
  bool is_of_vpc;
} rows[] = {
    {LABEL("ami"), PYR__EC2_AMI, false, false},
    {LABEL("architecture"), PYR__EC2_ARCHITECTURE, false, false},
    {LABEL("availability_zone"), PYR__EC2_ZONE, false, false},
    {LABEL("instance_id"), PYR__EC2_INSTANCE_ID, false, false},
    {LABEL("instance_lifecycle"), PYR__EC2_LIFECYCLE, false, false},
    {LABEL("instance_state"), PYR__EC2_STATE, false, false},
    {LABEL("instance_type"), PYR__EC2_TYPE, false, false},
    {LABEL("ipv6_addresses"), PYR__EC2_IPV6, false, true},
    {LABEL("owner_id"), PYR__EC2_OWNER, false, false},
    {LABEL("platform"), PYR__EC2_PLATFORM, false, false},
    {LABEL("primary_ipv6_addresses"), PYR__EC2_PRIMARY_IPV6, false, true},
    {LABEL("primary_subnet_id"), PYR__EC2_SUBNET, false, true},
    {LABEL("private_dns_name"), PYR__EC2_PRIVATE_DNS, false, false},
    {LABEL("private_ip"), PYR__EC2_PRIVATE_IP, false, false},
    {LABEL("public_dns_name"), PYR__EC2_PUBLIC_DNS, true, false},
    {LABEL("public_ip"), PYR__EC2_PUBLIC_IP, true, false},
    {LABEL("subnet_id"), PYR__EC2_SUBNETS, false, true},
    {LABEL("vpc_id"), PYR__EC2_VPC, false, true}};

static void set_rows(struct pyr__meta_labels *labels,
                     const struct pyr__ec2_instance *instance) {
  bool has_public = instance->fields[PYR__EC2_PUBLIC_IP].len > 0;
  bool has_vpc = instance->fields[PYR__EC2_VPC].len > 0;
  size_t i;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    pyr_str_t value = instance->fields[rows[i].field];
    if (value.len > 0 && (has_public || !rows[i].is_of_public) &&
        (has_vpc || !rows[i].is_of_vpc))
      pyr__meta_labels_set(labels, rows[i].name, value);
  }
  /* Prometheus has it for each instance of a VPC, whatever is in it. */
  if (has_vpc && instance->fields[PYR__EC2_SUBNETS].len == 0)
    pyr__meta_labels_set(labels, LABEL("subnet_id"), pyr__str(",,"));
}

static void set_zone(struct pyr__meta_labels *labels, pyr_str_t zone,
                     const struct pyr__ec2_tag *zones) {
  for (; zones != NULL; zones = zones->next)
    if (zone.len > 0 && pyr__str_equal(zones->key, zone)) {
      pyr__meta_labels_set(labels, LABEL("availability_zone_id"), zones->value);
      return;
    }
}

int pyr__ec2_labels(struct pyr__arena *arena,
                    const struct pyr__ec2_sd_config *config, pyr_str_t region,
                    const struct pyr__ec2_instance *instance,
                    const struct pyr__ec2_tag *zones,
                    struct pyr__discovered *out, pyr_error_t *err) {
  const struct pyr__ec2_tag *tag = instance->tags;
  struct pyr__meta_labels labels;
  char port[8];

  snprintf(port, sizeof(port), "%u", config->port);
  pyr__meta_labels_init(&labels, arena);
  pyr__meta_labels_set(
      &labels, "__address__",
      pyr__meta_host_port(arena, instance->fields[PYR__EC2_PRIVATE_IP],
                          pyr__str(port)));
  pyr__meta_labels_set(&labels, LABEL("region"), region);
  if (config->application.len > 0)
    pyr__meta_labels_set(&labels, "__name__", config->application);
  set_rows(&labels, instance);
  set_zone(&labels, instance->fields[PYR__EC2_ZONE], zones);
  for (; tag != NULL; tag = tag->next)
    if (tag->key.len > 0 && tag->value.len > 0)
      pyr__meta_labels_set_key(&labels, LABEL(""), "tag_", "", tag->key,
                               tag->value);
  return pyr__meta_labels_finish(&labels, out, err);
}
