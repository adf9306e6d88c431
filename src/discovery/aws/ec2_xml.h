/* What targets are made of, out of AWS's answers as they arrive: of each
 * instance a few texts.  An answer is believed when it is whole. */
#ifndef PYR__DISCOVERY_AWS_EC2_XML_H
#define PYR__DISCOVERY_AWS_EC2_XML_H

#include "base/arena.h"
#include "base/limits.h"
#include "discovery/xml.h"

enum pyr__ec2_field {
  PYR__EC2_AMI,
  PYR__EC2_ZONE,
  PYR__EC2_ARCHITECTURE,
  PYR__EC2_INSTANCE_ID,
  PYR__EC2_LIFECYCLE,
  PYR__EC2_STATE,
  PYR__EC2_TYPE,
  PYR__EC2_OWNER,
  PYR__EC2_PLATFORM,
  PYR__EC2_SUBNET,
  PYR__EC2_PRIVATE_DNS,
  PYR__EC2_PRIVATE_IP,
  PYR__EC2_PUBLIC_DNS,
  PYR__EC2_PUBLIC_IP,
  PYR__EC2_VPC,
  PYR__EC2_SUBNETS,      /* ",a,b,": of all its network interfaces */
  PYR__EC2_IPV6,         /* the same of their addresses */
  PYR__EC2_PRIMARY_IPV6, /* the same of those that are primary, by device */
  PYR__EC2_FIELDS
};

struct pyr__ec2_tag {
  pyr_str_t key, value;
  struct pyr__ec2_tag *next;
};

struct pyr__ec2_instance {
  pyr_str_t fields[PYR__EC2_FIELDS]; /* "": there is none */
  struct pyr__ec2_tag *tags;
  struct pyr__ec2_instance *next;
};

struct pyr__ec2_answer { /* of one request or of several pages */
  struct pyr__ec2_instance *first, **end;
  size_t count;
  struct pyr__ec2_tag *zones; /* name and id of each */
  pyr_str_t next_token;       /* "": that was the last page */
};

struct pyr__ec2_xml {
  struct pyr__xml xml;
  struct pyr__arena *arena; /* of the answer */
  struct pyr__ec2_answer *answer;
  struct pyr__buf subnets, addresses; /* of the instance that is open */
  struct pyr__buf own_addresses;      /* of the interface */
  pyr_str_t owner, subnet, key, value;
  pyr_str_t address, primary;                     /* of the interface */
  pyr_str_t primaries[PYR__LIMIT_EC2_INTERFACES]; /* by device */
  size_t device, primary_count;
  bool is_primary;
  struct pyr__ec2_instance *instance; /* NULL: none is open */
  struct pyr__ec2_instance **reservation;
};

/* What the arena has belongs to the answer, to which is added.  `root` is the
 * element that the answer must be. */
int pyr__ec2_xml_init(struct pyr__ec2_xml *xml, struct pyr__arena *arena,
                      struct pyr__ec2_answer *answer, const char *root,
                      pyr_error_t *err);
void pyr__ec2_xml_release(struct pyr__ec2_xml *xml);
static inline int pyr__ec2_xml_feed(struct pyr__ec2_xml *xml, const void *data,
                                    size_t len, pyr_error_t *err) {
  return pyr__xml_feed(&xml->xml, data, len, err);
}
static inline int pyr__ec2_xml_finish(struct pyr__ec2_xml *xml,
                                      pyr_error_t *err) {
  return pyr__xml_finish(&xml->xml, err);
}

#endif
