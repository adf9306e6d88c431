#include "net/dns.h"

#include <string.h>

#include "base/str.h"

/* The time doubles with each round over the servers: two of them that are
 * silent are known to be before a scrape's usual deadline of 15 s. */
enum { TRY_MS = 2000, TRIES = 2, CLASS_IN = 1 };

static const int64_t CONF_CHECK_NS = 30 * PYR__NS_PER_S;

struct poll {
  uv_poll_t handle;
  struct pyr__dns *dns;
  ares_socket_t fd;
  struct pyr__list link;
};

struct question {
  struct pyr__dns *dns;
  pyr__dns_cb cb;
  void *ctx;
};

static void arm(struct pyr__dns *dns) {
  struct timeval space, *left;
  if (dns->channel == NULL)
    return;
  left = ares_timeout(dns->channel, NULL, &space);
  if (left == NULL)
    pyr__alarm_clear(&dns->alarm);
  else
    pyr__alarm_set(&dns->net->alarms, &dns->alarm, PYR__ALARM_DNS,
                   (uint64_t)left->tv_sec * 1000 +
                       (uint64_t)left->tv_usec / 1000 + 1);
}

/* A socket that cannot be watched would leave its questions waiting. */
static void end_without_memory(struct pyr__dns *dns) {
  if (dns->out_of_memory)
    ares_cancel(dns->channel);
  dns->out_of_memory = false;
}

static void process(struct pyr__dns *dns, ares_socket_t reading,
                    ares_socket_t writing) {
  if (dns->channel != NULL)
    ares_process_fd(dns->channel, reading, writing);
  end_without_memory(dns);
  arm(dns);
  dns->on_progress(dns);
}

static void on_alarm(struct pyr__alarm *alarm) {
  struct pyr__dns *dns = pyr__container_of(alarm, struct pyr__dns, alarm);
  process(dns, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_poll(uv_poll_t *handle, int status, int events) {
  struct poll *poll = pyr__container_of(handle, struct poll, handle);
  bool reads = status < 0 || (events & UV_READABLE) != 0;
  bool writes = status < 0 || (events & UV_WRITABLE) != 0;
  process(poll->dns, reads ? poll->fd : ARES_SOCKET_BAD,
          writes ? poll->fd : ARES_SOCKET_BAD);
}

static void on_poll_closed(uv_handle_t *handle) {
  struct poll *poll =
      pyr__container_of((uv_poll_t *)handle, struct poll, handle);
  struct pyr__net *net = handle->data;
  pyr__free(net->memory, poll);
  pyr__net_handle_closed(net);
}

static struct poll *find_poll(struct pyr__dns *dns, ares_socket_t fd) {
  struct pyr__list *at = dns->polls.next;
  for (; at != &dns->polls; at = at->next) {
    struct poll *poll = pyr__container_of(at, struct poll, link);
    if (poll->fd == fd)
      return poll;
  }
  return NULL;
}

static struct poll *add_poll(struct pyr__dns *dns, ares_socket_t fd) {
  struct poll *poll =
      pyr__calloc(dns->net->memory, PYR__MEM_NET_DNS, 1, sizeof(*poll));
  if (poll == NULL)
    return NULL;
  if (uv_poll_init(dns->net->loop, &poll->handle, fd) != 0) {
    pyr__free(dns->net->memory, poll);
    return NULL;
  }
  dns->net->handles++;
  poll->handle.data = dns->net;
  poll->dns = dns;
  poll->fd = fd;
  pyr__list_init(&poll->link);
  pyr__list_add_before(&dns->polls, &poll->link);
  return poll;
}

/* c-ares tells which of its sockets to watch, and, with neither, that it is
 * about to close one. */
static void on_socket(void *data, ares_socket_t fd, int reads, int writes) {
  struct pyr__dns *dns = data;
  struct poll *poll = find_poll(dns, fd);

  if (!reads && !writes) {
    if (poll == NULL)
      return;
    pyr__list_remove(&poll->link);
    uv_poll_stop(&poll->handle);
    uv_close((uv_handle_t *)&poll->handle, on_poll_closed);
    return;
  }
  if (poll == NULL)
    poll = add_poll(dns, fd);
  if (poll == NULL)
    dns->out_of_memory = true;
  else
    uv_poll_start(&poll->handle,
                  (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0),
                  on_poll);
}

static const char *conf_path(const struct pyr__dns *dns) {
  return dns->options.resolv_conf == NULL ? "/etc/resolv.conf"
                                          : dns->options.resolv_conf;
}

static struct timespec conf_time(const struct pyr__dns *dns) {
  struct stat info;
  if (stat(conf_path(dns), &info) != 0)
    return (struct timespec){0, 0};
  return info.st_mtim;
}

static void close_channel(struct pyr__dns *dns) {
  ares_channel channel = dns->channel;
  if (channel == NULL)
    return;
  dns->channel = NULL;
  pyr__alarm_clear(&dns->alarm);
  ares_destroy(channel);
  ares_library_cleanup();
}

static int failed(const char *what, int status, pyr_error_t *err) {
  if (status == ARES_ENOMEM)
    return pyr__error_nomem(err);
  return pyr__error(err, PYR_EDNS, "%s: %s", what, ares_strerror(status));
}

/* The library's own count of its users is process-wide; each channel is one. */
static int open_channel(struct pyr__dns *dns, pyr_error_t *err) {
  struct ares_options options = {.timeout = TRY_MS,
                                 .tries = TRIES,
                                 .sock_state_cb = on_socket,
                                 .sock_state_cb_data = dns};
  int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  char only_dns[] = "b";
  int status = ares_library_init(ARES_LIB_INIT_ALL);

  if (status != ARES_SUCCESS)
    return failed("DNS", status, err);
  if (dns->options.try_ms > 0)
    options.timeout = dns->options.try_ms;
  if (dns->options.only_servers) {
    options.lookups = only_dns;
    mask |= ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;
  }
  if (dns->options.resolv_conf != NULL) {
    options.resolvconf_path = dns->options.resolv_conf;
    mask |= ARES_OPT_RESOLVCONF;
  }
  dns->conf_time = conf_time(dns);
  dns->conf_checked_ns = pyr__now(&dns->options.clock);
  status = ares_init_options(&dns->channel, &options, mask);
  if (status != ARES_SUCCESS) {
    dns->channel = NULL;
    ares_library_cleanup();
    return failed("DNS", status, err);
  }
  if (dns->servers != NULL)
    status = ares_set_servers_ports_csv(dns->channel, dns->servers);
  if (status == ARES_SUCCESS)
    return 0;
  close_channel(dns);
  failed("DNS servers", status, err);
  return status == ARES_ENOMEM
             ? PYR__ENOMEM
             : pyr__error(err, PYR_EDNS,
                          "bad DNS servers \"%s\": expected addresses with "
                          "ports, as 127.0.0.1:53,[::1]:53",
                          dns->servers);
}

/* c-ares reads resolv.conf once; a host that moves to another network needs it
 * read again, above all when the old servers do not answer any more.  A look
 * costs one stat, at most every 30 s. */
static void follow_conf(struct pyr__dns *dns) {
  int64_t now = pyr__now(&dns->options.clock);
  struct timespec time;

  if (dns->channel == NULL || now - dns->conf_checked_ns < CONF_CHECK_NS)
    return;
  dns->conf_checked_ns = now;
  time = conf_time(dns);
  if (time.tv_sec != dns->conf_time.tv_sec ||
      time.tv_nsec != dns->conf_time.tv_nsec)
    close_channel(dns);
}

int pyr__dns_init(struct pyr__dns *dns, struct pyr__net *net,
                  const struct pyr__dns_options *options,
                  void (*on_progress)(struct pyr__dns *dns), pyr_error_t *err) {
  int rc = 0;
  memset(dns, 0, sizeof(*dns));
  dns->net = net;
  dns->options = *options;
  dns->on_progress = on_progress;
  pyr__list_init(&dns->polls);
  pyr__alarm_init(&dns->alarm, on_alarm);
  if (options->servers == NULL)
    return 0;
  dns->servers =
      pyr__copy_text(net->memory, PYR__MEM_NET_DNS, pyr__str(options->servers));
  if (dns->servers == NULL)
    return pyr__error_nomem(err);
  /* Now, so that bad servers are refused now. */
  rc = open_channel(dns, err);
  if (rc != 0)
    pyr__dns_close(dns);
  return rc;
}

const char *pyr__dns_reason(int status) {
  switch (status) {
  case ARES_ENOTFOUND:
    return "no such name";
  case ARES_ENODATA:
    return "the name has no address";
  case ARES_ETIMEOUT:
    return "no answer from the DNS servers";
  case ARES_ECONNREFUSED:
    return "no DNS server answers, or all of them fail";
  case ARES_ESERVFAIL:
    return "the DNS server failed";
  default:
    return ares_strerror(status);
  }
}

void pyr__dns_wake(struct pyr__dns *dns) {
  pyr__alarm_set(&dns->net->alarms, &dns->alarm, PYR__ALARM_DNS, 1);
}

static unsigned shortest_ttl(const struct ares_addrinfo *info) {
  const struct ares_addrinfo_cname *cname;
  const struct ares_addrinfo_node *node;
  int ttl = INT32_MAX;

  for (node = info->nodes; node != NULL; node = node->ai_next)
    if (node->ai_ttl < ttl)
      ttl = node->ai_ttl;
  for (cname = info->cnames; cname != NULL; cname = cname->next)
    if (cname->ttl < ttl)
      ttl = cname->ttl;
  return ttl < 0 ? 0 : (unsigned)ttl;
}

static void on_answer(void *arg, int status, int timeouts,
                      struct ares_addrinfo *info) {
  struct question *question = arg;
  struct pyr__dns *dns = question->dns;
  struct pyr__addresses addresses = {.count = 0};
  const struct ares_addrinfo_node *node =
      status == ARES_SUCCESS ? info->nodes : NULL;
  unsigned ttl = 0;

  (void)timeouts;
  for (; node != NULL; node = node->ai_next) {
    struct pyr__address address;
    if (pyr__address_from(&address, node->ai_addr))
      pyr__addresses_add(&addresses, &address);
  }
  if (addresses.count > 0) {
    pyr__addresses_interleave(&addresses);
    ttl = shortest_ttl(info);
  } else if (status == ARES_SUCCESS) {
    status = ARES_ENODATA;
  } else if (status == ARES_ECANCELLED && dns->out_of_memory) {
    status = ARES_ENOMEM;
  }
  if (info != NULL)
    ares_freeaddrinfo(info);
  question->cb(question->ctx, status, &addresses, ttl);
  pyr__free(dns->net->memory, question);
}

int pyr__dns_ask(struct pyr__dns *dns, const char *name, pyr__dns_cb cb,
                 void *ctx, pyr_error_t *err) {
  struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC,
                                      .ai_socktype = SOCK_STREAM};
  struct question *question;
  int rc;

  follow_conf(dns);
  rc = dns->channel == NULL ? open_channel(dns, err) : 0;
  if (rc != 0)
    return rc;
  question = pyr__alloc(dns->net->memory, PYR__MEM_NET_DNS, sizeof(*question));
  if (question == NULL)
    return pyr__error_nomem(err);
  *question = (struct question){dns, cb, ctx};
  dns->net->stats.dns_queries++;
  ares_getaddrinfo(dns->channel, name, NULL, &hints, on_answer, question);
  end_without_memory(dns);
  arm(dns);
  return 0;
}

int pyr__dns_query(struct pyr__dns *dns, const char *name, int type,
                   ares_callback cb, void *ctx, pyr_error_t *err) {
  int rc;

  follow_conf(dns);
  rc = dns->channel == NULL ? open_channel(dns, err) : 0;
  if (rc != 0)
    return rc;
  dns->net->stats.dns_queries++;
  ares_query(dns->channel, name, CLASS_IN, type, cb, ctx);
  end_without_memory(dns);
  arm(dns);
  return 0;
}

int pyr__dns_search(struct pyr__dns *dns,
                    void (*each)(void *ctx, const char *domain), void *ctx,
                    unsigned *ndots, pyr_error_t *err) {
  struct ares_options options;
  int mask, i, rc, status;

  follow_conf(dns);
  rc = dns->channel == NULL ? open_channel(dns, err) : 0;
  if (rc != 0)
    return rc;
  status = ares_save_options(dns->channel, &options, &mask);
  if (status != ARES_SUCCESS)
    return failed("DNS", status, err);
  *ndots = options.ndots < 0 ? 1 : (unsigned)options.ndots;
  for (i = 0; i < options.ndomains; i++)
    each(ctx, options.domains[i]);
  ares_destroy_options(&options);
  return 0;
}

void pyr__dns_close(struct pyr__dns *dns) {
  close_channel(dns);
  pyr__free(dns->net->memory, dns->servers);
  dns->servers = NULL;
}
