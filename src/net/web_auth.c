#include "net/web_auth.h"

#include <crypt.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <mbedtls/base64.h>
#include <mbedtls/md.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/secret.h"

enum {
  DIGEST = 32,
  KNOWN = 16,     /* that are remembered */
  REST = 9,       /* times as long as a check took, before the next */
  PAIR_MAX = 1024 /* bytes of a name and a password */
};

struct user {
  const char *name, *hash;
};

struct pyr__web_auth {
  struct pyr__memory *memory;
  struct pyr__clock clock;
  struct pyr__arena arena;
  struct user *users;
  size_t user_count;
  bool has_token;
  struct pyr__secret token;
  /* Digests are made with this, so that how long it takes to compare them says
   * nothing about what they are made of. */
  uint8_t key[DIGEST];
  uint8_t known[KNOWN][DIGEST]; /* of names and passwords that were right */
  size_t known_count, known_next;
  int64_t rest_until_ns;
  struct crypt_data *crypt;
};

static int digest(const struct pyr__web_auth *auth, pyr_str_t text,
                  uint8_t out[DIGEST]) {
  return mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
                         auth->key, DIGEST, (const unsigned char *)text.base,
                         text.len, out);
}

static bool is_same(const struct pyr__web_auth *auth, pyr_str_t a,
                    pyr_str_t b) {
  uint8_t first[DIGEST], second[DIGEST];
  return digest(auth, a, first) == 0 && digest(auth, b, second) == 0 &&
         memcmp(first, second, DIGEST) == 0;
}

/* ---- passwords ---------------------------------------------------------- */

static bool is_known(const struct pyr__web_auth *auth,
                     const uint8_t pair[DIGEST]) {
  size_t i;
  for (i = 0; i < auth->known_count; i++)
    if (memcmp(auth->known[i], pair, DIGEST) == 0)
      return true;
  return false;
}

/* In place of the one that was remembered first, where there is no room. */
static void remember(struct pyr__web_auth *auth, const uint8_t pair[DIGEST]) {
  memcpy(auth->known[auth->known_next], pair, DIGEST);
  auth->known_next = (auth->known_next + 1) % KNOWN;
  if (auth->known_count < KNOWN)
    auth->known_count++;
}

static const struct user *find_user(const struct pyr__web_auth *auth,
                                    const char *name) {
  size_t i;
  for (i = 0; i < auth->user_count; i++)
    if (strcmp(auth->users[i].name, name) == 0)
      return &auth->users[i];
  return NULL;
}

static bool is_password(struct pyr__web_auth *auth, const char *password,
                        const char *hash) {
  int64_t began_ns = pyr__now(&auth->clock), now_ns;
  const char *made = crypt_r(password, hash, auth->crypt);
  bool is_right = made != NULL && is_same(auth, pyr__str(made), pyr__str(hash));

  now_ns = pyr__now(&auth->clock);
  auth->rest_until_ns = now_ns + REST * (now_ns - began_ns);
  explicit_bzero(auth->crypt, sizeof(*auth->crypt));
  return is_right;
}

/* `pair` is "name:password", and ends with a byte 0. */
static enum pyr__web_verdict check_pair(struct pyr__web_auth *auth, char *pair,
                                        size_t len) {
  uint8_t key[DIGEST];
  char *colon = memchr(pair, ':', len);
  const struct user *user;

  if (colon == NULL || strlen(pair) != len ||
      digest(auth, (pyr_str_t){pair, len}, key) != 0)
    return PYR__WEB_STRANGER;
  if (is_known(auth, key))
    return PYR__WEB_KNOWN;
  if (pyr__now(&auth->clock) < auth->rest_until_ns)
    return PYR__WEB_BUSY;
  *colon = '\0';
  user = find_user(auth, pair);
  /* A name that there is not takes as long as one that there is. */
  if (!is_password(auth, colon + 1,
                   user != NULL ? user->hash : auth->users[0].hash) ||
      user == NULL)
    return PYR__WEB_STRANGER;
  remember(auth, key);
  return PYR__WEB_KNOWN;
}

static enum pyr__web_verdict check_basic(struct pyr__web_auth *auth,
                                         pyr_str_t text) {
  unsigned char pair[PAIR_MAX + 1];
  enum pyr__web_verdict verdict = PYR__WEB_STRANGER;
  size_t len = 0;

  if (mbedtls_base64_decode(pair, PAIR_MAX, &len,
                            (const unsigned char *)text.base, text.len) == 0) {
    pair[len] = '\0';
    verdict = check_pair(auth, (char *)pair, len);
  }
  explicit_bzero(pair, sizeof(pair));
  return verdict;
}

/* ---- tokens ------------------------------------------------------------- */

/* A file that cannot be read has no token that could be right. */
static enum pyr__web_verdict check_token(struct pyr__web_auth *auth,
                                         pyr_str_t text) {
  pyr_error_t ignored;
  if (pyr__secret_read(&auth->token, auth->memory, &ignored) != 0 ||
      auth->token.text.len == 0 || !is_same(auth, auth->token.text, text))
    return PYR__WEB_STRANGER;
  return PYR__WEB_KNOWN;
}

/* ---- a request ---------------------------------------------------------- */

/* What stands behind "Basic " or its like; base NULL: it is another scheme. */
static pyr_str_t behind(pyr_str_t text, const char *scheme) {
  size_t len = strlen(scheme);
  if (text.len <= len || text.base[len] != ' ' ||
      !pyr__str_starts_nocase(text, scheme))
    return (pyr_str_t){NULL, 0};
  return pyr__str_trim((pyr_str_t){text.base + len, text.len - len});
}

enum pyr__web_verdict pyr__web_auth_check(struct pyr__web_auth *auth,
                                          pyr_str_t authorization) {
  pyr_str_t text = behind(authorization, "Basic");
  if (text.base != NULL && auth->user_count > 0)
    return check_basic(auth, text);
  text = behind(authorization, "Bearer");
  if (text.base != NULL && auth->has_token)
    return check_token(auth, text);
  return PYR__WEB_STRANGER;
}

const char *pyr__web_auth_challenge(const struct pyr__web_auth *auth) {
  return auth->user_count > 0 ? "Basic realm=\"Pyrite\""
                              : "Bearer realm=\"Pyrite\"";
}

/* ---- the beginning and the end ------------------------------------------ */

static int copy_users(struct pyr__web_auth *auth,
                      const struct pyr__web_options *options) {
  size_t i;
  auth->users =
      pyr__arena_calloc(&auth->arena, options->user_count, sizeof(struct user));
  if (auth->users == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < options->user_count; i++) {
    const struct pyr__web_user *from = &options->users[i];
    struct user *user = &auth->users[i];
    user->name = pyr__arena_text(&auth->arena, pyr__str(from->name));
    user->hash = pyr__arena_text(&auth->arena, pyr__str(from->hash));
    if (user->name == NULL || user->hash == NULL)
      return PYR__ENOMEM;
  }
  auth->user_count = options->user_count;
  return 0;
}

static int copy_options(struct pyr__web_auth *auth,
                        const struct pyr__web_options *options) {
  int rc = options->user_count > 0 ? copy_users(auth, options) : 0;
  if (rc == 0 && auth->has_token)
    rc = pyr__secret_init(&auth->token, &auth->arena, options->bearer_token,
                          options->bearer_token_file);
  auth->crypt =
      pyr__calloc(auth->memory, PYR__MEM_NET_SECRETS, 1, sizeof(*auth->crypt));
  return rc == 0 && auth->crypt == NULL ? PYR__ENOMEM : rc;
}

int pyr__web_auth_new(struct pyr__web_auth **out, struct pyr__memory *memory,
                      const struct pyr__web_options *options,
                      const struct pyr__clock *clock, pyr_error_t *err) {
  bool has_token =
      options->bearer_token != NULL || options->bearer_token_file != NULL;
  struct pyr__web_auth *auth;
  int rc;

  *out = NULL;
  if (options->user_count == 0 && !has_token)
    return 0;
  auth = pyr__calloc(memory, PYR__MEM_NET_SECRETS, 1, sizeof(*auth));
  if (auth == NULL)
    return pyr__error_nomem(err);
  auth->memory = memory;
  auth->clock = *clock;
  auth->has_token = has_token;
  pyr__arena_init(&auth->arena, memory, PYR__MEM_NET_SECRETS,
                  PYR__LIMIT_CONFIG_BYTES);
  rc = copy_options(auth, options);
  if (rc == 0 && getrandom(auth->key, DIGEST, 0) != DIGEST)
    rc = pyr__error(err, PYR_ETLS, "the kernel has no random numbers");
  else if (rc != 0)
    rc = pyr__error_nomem(err);
  if (rc == 0)
    rc = pyr__secret_read(&auth->token, memory, err);
  if (rc != 0)
    pyr__web_auth_free(auth);
  else
    *out = auth;
  return rc;
}

void pyr__web_auth_free(struct pyr__web_auth *auth) {
  if (auth == NULL)
    return;
  pyr__secret_release(&auth->token, auth->memory);
  pyr__free(auth->memory, auth->crypt);
  pyr__arena_release(&auth->arena);
  pyr__free(auth->memory, auth);
}
