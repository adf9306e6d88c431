#include "support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "config/config.h"

static const char text[] =
    "global: {target_limit: 100, keep-dropped-targets: 7}\n"
    "scrape-configs:\n"
    "  - job-name: all\n"
    "    enabled-profiles: [cpu]\n"
    "    target-limit: 5\n"
    "    label_limit: 10\n"
    "    label-name-length-limit: 20\n"
    "    label-value-length-limit: 30\n"
    "    keep-dropped-targets: 0\n"
    "    file_sd_configs:\n"
    "      - files: [/etc/a.yml, 'd/*.json']\n"
    "        refresh_interval: 1m\n"
    "      - files: b.YAML\n"
    "    http-sd-configs:\n"
    "      - url: http://a:80/x\n"
    "      - {url: http://b, refresh-interval: 5s}\n"
    "    dns_sd_configs:\n"
    "      - names: [_a._tcp.b]\n"
    "      - {names: c, type: aaaa, port: 6060, refresh-interval: 2m}\n"
    "  - job-name: none\n"
    "    enabled-profiles: [cpu]\n";

static void check(const pyr_config_t *config, const char *directory) {
  const struct pyr__sd_configs *sd = &config->jobs[0].sd;
  const struct pyr__target_limits *limits = &config->jobs[0].target_limits;
  char path[128];

  assert_int_equal(sd->file_count, 2);
  assert_int_equal(sd->file[0].file_count, 2);
  assert_string_equal(sd->file[0].files[0].base, "/etc/a.yml");
  snprintf(path, sizeof(path), "%sd/*.json", directory);
  assert_string_equal(sd->file[0].files[1].base, path);
  assert_int_equal(sd->file[0].files[1].len, strlen(path));
  assert_int_equal(sd->file[0].refresh_interval_ns, 60 * PYR__NS_PER_S);
  assert_int_equal(sd->file[1].refresh_interval_ns, 300 * PYR__NS_PER_S);
  assert_int_equal(sd->http_count, 2);
  assert_string_equal(sd->http[0].url.base, "http://a:80/x");
  assert_int_equal(sd->http[0].refresh_interval_ns, 60 * PYR__NS_PER_S);
  assert_int_equal(sd->http[1].refresh_interval_ns, 5 * PYR__NS_PER_S);
  assert_int_equal(sd->dns_count, 2);
  assert_int_equal(sd->dns[0].type, PYR__DNS_SD_SRV);
  assert_int_equal(sd->dns[0].port, 0);
  assert_int_equal(sd->dns[0].refresh_interval_ns, 30 * PYR__NS_PER_S);
  assert_string_equal(sd->dns[1].names[0].base, "c");
  assert_int_equal(sd->dns[1].type, PYR__DNS_SD_AAAA);
  assert_int_equal(sd->dns[1].port, 6060);
  assert_int_equal(limits->targets, 5);
  assert_int_equal(limits->labels, 10);
  assert_int_equal(limits->label_name_length, 20);
  assert_int_equal(limits->label_value_length, 30);
  assert_int_equal(limits->keep_dropped, 7); /* 0 is global's */
  assert_false(pyr__sd_is_any(&config->jobs[1].sd));
  assert_int_equal(config->jobs[1].target_limits.targets, 100);
  assert_int_equal(config->jobs[1].target_limits.labels, 0);
}

static void keys__are_read(void **state) {
  pyr_config_t *config;
  (void)state;
  assert_int_equal(
      pyr_config_parse(&config, text, sizeof(text) - 1, NULL, NULL), 0);
  check(config, "");
  assert_int_equal(config->note_count, 1); /* only the second has no targets */
  pyr_config_unref(config);
}

static void paths__are_relative_to_the_file(void **state) {
  char directory[] = "/tmp/pyrite-config-XXXXXX", path[64], prefix[64];
  pyr_config_t *config;
  FILE *file;
  (void)state;
  assert_non_null(mkdtemp(directory));
  snprintf(prefix, sizeof(prefix), "%s/", directory);
  snprintf(path, sizeof(path), "%s/c.yml", directory);
  file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  assert_int_equal(pyr_config_load(&config, path, NULL, NULL), 0);
  check(config, prefix);
  pyr_config_unref(config);
  unlink(path);
  rmdir(directory);
}

static const char consul[] =
    "scrape-configs:\n"
    "  - job-name: a\n"
    "    enabled-profiles: [cpu]\n"
    "    consul_sd_configs:\n"
    "      - {}\n"
    "      - server: https://consul/x/\n"
    "        datacenter: dc\n"
    "        namespace: ns\n"
    "        partition: pt\n"
    "        services: [s, t]\n"
    "        tags: g\n"
    "        node_meta: {rack-name: '1'}\n"
    "        filter: f\n"
    "        health_filter: h\n"
    "        allow_stale: false\n"
    "        tag_separator: ;\n"
    "        refresh_interval: 5s\n"
    "        token: k\n"
    "        username: u\n"
    "        password: p\n"
    "        http_headers: {X-A: {values: [b]}}\n"
    "        follow_redirects: false\n"
    "      - {server: 'consul:1', scheme: https, path-prefix: a/b/}\n"
    "      - {server: 'unix:///run/consul.sock', basic-auth: {username: v}}\n";

static pyr_config_t *parse(const char *from) {
  pyr_config_t *config;
  assert_int_equal(pyr_config_parse(&config, from, strlen(from), NULL, NULL),
                   0);
  return config;
}

static void consul__is_read(void **state) {
  pyr_config_t *config = parse(consul);
  const struct pyr__consul_sd_config *sd = config->jobs[0].sd.consul;
  (void)state;
  assert_int_equal(config->jobs[0].sd.consul_count, 4);
  assert_string_equal(sd[0].base.base, "http://localhost:8500");
  assert_null(sd[0].unix_socket);
  assert_null(sd[0].access.auth);
  assert_true(sd[0].allow_stale && sd[0].access.follow_redirects);
  assert_string_equal(sd[0].tag_separator.base, ",");
  assert_int_equal(sd[0].refresh_interval_ns, 30 * PYR__NS_PER_S);
  assert_string_equal(sd[1].base.base, "https://consul/x");
  assert_string_equal(sd[1].datacenter.base, "dc");
  assert_string_equal(sd[1].namespace_name.base, "ns");
  assert_string_equal(sd[1].partition.base, "pt");
  assert_int_equal(sd[1].service_count, 2);
  assert_string_equal(sd[1].services[1].base, "t");
  assert_int_equal(sd[1].tag_count, 1);
  assert_string_equal(sd[1].node_meta[0].name.base, "rack-name");
  assert_string_equal(sd[1].filter.base, "f");
  assert_string_equal(sd[1].health_filter.base, "h");
  assert_string_equal(sd[1].tag_separator.base, ";");
  assert_false(sd[1].allow_stale || sd[1].access.follow_redirects);
  assert_int_equal(sd[1].refresh_interval_ns, 5 * PYR__NS_PER_S);
  assert_int_equal(sd[1].access.headers.count, 2);
  assert_string_equal(sd[1].access.headers.items[0].name, "X-A");
  assert_string_equal(sd[1].access.headers.items[1].name, "X-Consul-Token");
  assert_string_equal(sd[1].access.headers.items[1].value, "k");
  assert_string_equal(sd[1].access.auth->username, "u");
  assert_string_equal(sd[1].access.auth->password, "p");
  assert_string_equal(sd[2].base.base, "https://consul:1/a/b");
  assert_string_equal(sd[3].base.base, "http://localhost");
  assert_string_equal(sd[3].unix_socket, "/run/consul.sock");
  assert_string_equal(sd[3].access.auth->username, "v");
  assert_int_equal(sd[3].access.headers.count, 0);
  pyr_config_unref(config);
}

static void docker__is_read(void **state) {
  pyr_config_t *config =
      parse("scrape-configs:\n"
            "  - job-name: a\n"
            "    enabled-profiles: [cpu]\n"
            "    docker_sd_configs:\n"
            "      - host: unix:///var/run/docker.sock\n"
            "      - host: tcp://docker:2375/\n"
            "        port: 6060\n"
            "        host_networking_host: host\n"
            "        match_first_network: false\n"
            "        refresh_interval: 5s\n"
            "        filters: [{name: label, values: [a, b]}, {name: c}]\n"
            "      - {host: 'https://docker/x', basic-auth: {username: u}}\n");
  const struct pyr__docker_sd_config *sd = config->jobs[0].sd.docker;
  (void)state;
  assert_int_equal(config->jobs[0].sd.docker_count, 3);
  assert_string_equal(sd[0].unix_socket, "/var/run/docker.sock");
  assert_string_equal(sd[0].base.base, "http://docker");
  assert_int_equal(sd[0].port, 80);
  assert_string_equal(sd[0].host_networking_host.base, "localhost");
  assert_true(sd[0].match_first_network);
  assert_int_equal(sd[0].filter_count, 0);
  assert_int_equal(sd[0].refresh_interval_ns, 60 * PYR__NS_PER_S);
  assert_null(sd[1].unix_socket);
  assert_string_equal(sd[1].base.base, "http://docker:2375");
  assert_int_equal(sd[1].port, 6060);
  assert_string_equal(sd[1].host_networking_host.base, "host");
  assert_false(sd[1].match_first_network);
  assert_int_equal(sd[1].refresh_interval_ns, 5 * PYR__NS_PER_S);
  assert_int_equal(sd[1].filter_count, 2);
  assert_string_equal(sd[1].filters[0].name.base, "label");
  assert_string_equal(sd[1].filters[0].values[1].base, "b");
  assert_int_equal(sd[1].filters[1].value_count, 0);
  assert_string_equal(sd[2].base.base, "https://docker/x");
  assert_string_equal(sd[2].access.auth->username, "u");
  pyr_config_unref(config);
}

static void fingerprint__is_of_what_is_said(void **state) {
  static const char *const same[] = {
      "scrape-configs:\n- job-name: a\n  enabled-profiles: [cpu]\n"
      "  file-sd-configs: [{files: [a.yml]}]\n",
      "# a comment\nscrape-configs: [{job-name: 'a', enabled-profiles: [cpu],\n"
      "  file-sd-configs: [{files: [\"a.yml\"]}]}]\n",
  };
  static const char *const other[] = {
      "scrape-configs:\n- job-name: a\n  enabled-profiles: [mem]\n"
      "  file-sd-configs: [{files: [a.yml]}]\n",
      "global: {scrape-interval: 11s}\n"
      "scrape-configs:\n- job-name: a\n  enabled-profiles: [cpu]\n"
      "  file-sd-configs: [{files: [a.yml]}]\n",
      "global: {target-limit: 1}\n"
      "scrape-configs:\n- job-name: a\n  enabled-profiles: [cpu]\n"
      "  file-sd-configs: [{files: [a.yml]}]\n",
  };
  pyr_config_t *a = parse(same[0]), *b = parse(same[1]);
  size_t i;
  (void)state;
  assert_int_equal(a->jobs[0].fingerprint, b->jobs[0].fingerprint);
  for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
    pyr_config_t *c = parse(other[i]);
    assert_int_not_equal(a->jobs[0].fingerprint, c->jobs[0].fingerprint);
    assert_int_equal(a->jobs[0].sd.file[0].fingerprint,
                     c->jobs[0].sd.file[0].fingerprint);
    pyr_config_unref(c);
  }
  pyr_config_unref(a);
  pyr_config_unref(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys__are_read),
      cmocka_unit_test(consul__is_read),
      cmocka_unit_test(docker__is_read),
      cmocka_unit_test(fingerprint__is_of_what_is_said),
      cmocka_unit_test(paths__are_relative_to_the_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
