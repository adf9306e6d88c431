#include "discovery/aws/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/str.h"
#include "discovery/aws/profile.h"
#include "net/watched_file.h"

#define WEB_TOKEN_FILE "AWS_WEB_IDENTITY_TOKEN_FILE"

enum { SHOWN = 64 };

static int64_t now_s(const struct pyr__aws_session *session) {
  return pyr__wall(&session->clock) / PYR__NS_PER_S;
}

/* "" where it is not set. */
static pyr_str_t environment(const char *name, const char *other) {
  const char *text = getenv(name);
  if ((text == NULL || text[0] == '\0') && other != NULL)
    text = getenv(other);
  return pyr__str(text == NULL ? "" : text);
}

/* ---- the shared files --------------------------------------------------- */

struct files {
  struct pyr__file_text credentials, config;
};

/* One that is not there says nothing. */
static int read_file(struct pyr__aws_session *session, pyr_str_t path,
                     struct pyr__file_text *out, pyr_error_t *err) {
  struct pyr__watched_file file = {.path = path.base};
  int rc;

  if (path.len == 0)
    return 0;
  rc = pyr__watched_file_read(&file, session->memory, PYR__LIMIT_AWS_FILE, out,
                              err);
  return rc == 0 || rc == -ENOENT || rc == -ENOTDIR
             ? 0
             : pyr__error_prefix(err, "%s: ", path.base);
}

static pyr_str_t text_of(const struct pyr__file_text *file) {
  return (pyr_str_t){file->data == NULL ? "" : (const char *)file->data,
                     file->len};
}

static int refuse_profile(pyr_str_t name, const struct pyr__aws_profile *found,
                          pyr_error_t *err) {
  char profile[SHOWN], other[SHOWN];
  pyr__str_escape(profile, sizeof(profile), name);
  pyr__str_escape(other, sizeof(other), found->other);
  if (other[0] != '\0')
    return pyr__error(err, PYR_EUSAGE,
                      "profile \"%s\": %s is not supported by this version, "
                      "expected aws_access_key_id and aws_secret_access_key; a "
                      "role is named by role-arn in the configuration",
                      profile, other);
  return pyr__error(err, PYR_EUSAGE,
                    found->is_there
                        ? "profile \"%s\" has not both aws_access_key_id and "
                          "aws_secret_access_key"
                        : "there is no profile \"%s\" in the shared "
                          "credentials or configuration file",
                    profile);
}

static void take_region(struct pyr__aws_session *session, pyr_str_t region) {
  if (session->region[0] == '\0' && pyr__is_aws_region(region))
    snprintf(session->region, sizeof(session->region), "%.*s",
             PYR__STR_ARG(region));
}

/* One that nobody named need not be there, or have keys. */
static int take_profile(struct pyr__aws_session *session, pyr_str_t name,
                        bool is_named, bool wants_keys,
                        const struct files *files, pyr_error_t *err) {
  const pyr_str_t none = pyr__str("");
  struct pyr__aws_profile profile = {false, none, none, none, none, none};
  bool is_empty;

  pyr__aws_profile_take(&profile, text_of(&files->credentials), name, false);
  pyr__aws_profile_take(&profile, text_of(&files->config), name, true);
  take_region(session, profile.region);
  is_empty =
      profile.id.len == 0 && profile.secret.len == 0 && profile.other.len == 0;
  if (!wants_keys || (is_empty && (profile.is_there || !is_named)))
    return 0;
  if (profile.id.len == 0 || profile.secret.len == 0 || profile.other.len > 0)
    return refuse_profile(name, &profile, err);
  return pyr__aws_keys_set(&session->found, profile.id, profile.secret,
                           profile.token, none, err);
}

static int read_profile(struct pyr__aws_session *session, bool wants_keys,
                        pyr_error_t *err) {
  pyr_str_t name = session->options->profile;
  struct files files = {.credentials = {.len = 0}};
  bool is_named;
  int rc;

  if (name.len == 0)
    name = environment("AWS_PROFILE", "AWS_DEFAULT_PROFILE");
  is_named = name.len > 0;
  if (!is_named)
    name = pyr__str("default");
  rc = read_file(session, session->options->credentials_file,
                 &files.credentials, err);
  if (rc == 0)
    rc = read_file(session, session->options->config_file, &files.config, err);
  if (rc == 0)
    rc = take_profile(session, name, is_named, wants_keys, &files, err);
  pyr__file_text_release(session->memory, &files.credentials);
  pyr__file_text_release(session->memory, &files.config);
  return rc;
}

/* ---- what needs no asking ----------------------------------------------- */

static int take_environment(struct pyr__aws_session *session,
                            pyr_error_t *err) {
  pyr_str_t id = environment("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY");
  pyr_str_t secret = environment("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY");
  if (id.len > 0 && secret.len > 0)
    return pyr__aws_keys_set(&session->found, id, secret,
                             environment("AWS_SESSION_TOKEN", NULL),
                             pyr__str(""), err);
  if (environment(WEB_TOKEN_FILE, NULL).len > 0)
    session->source = PYR__AWS_WEB;
  return 0;
}

/* What neither configuration nor environment has said. */
static int find_rest(struct pyr__aws_session *session, pyr_error_t *err) {
  bool wants_keys =
      session->found.keys.id == NULL && session->source != PYR__AWS_WEB;
  int rc = wants_keys || session->region[0] == '\0'
               ? read_profile(session, wants_keys, err)
               : 0;

  if (rc == 0 && wants_keys && session->found.keys.id == NULL)
    session->source =
        pyr__aws_container_is_there() ? PYR__AWS_CONTAINER : PYR__AWS_INSTANCE;
  return rc;
}

static int find(struct pyr__aws_session *session, pyr_error_t *err) {
  const struct pyr__aws_options *options = session->options;
  int rc = 0;

  pyr__aws_keys_release(&session->found);
  session->source = PYR__AWS_FOUND;
  take_region(session, options->region);
  take_region(session, environment("AWS_REGION", "AWS_DEFAULT_REGION"));
  if (options->access_key.len > 0)
    rc =
        pyr__aws_keys_set(&session->found, options->access_key,
                          options->secret_key, pyr__str(""), pyr__str(""), err);
  else if (options->profile.len == 0)
    rc = take_environment(session, err);
  return rc == 0 ? find_rest(session, err) : rc;
}

/* ---- what is asked for -------------------------------------------------- */

/* Of who this is, before any role of the configuration. */
static const struct pyr__aws_kept_keys *
own_keys(const struct pyr__aws_session *session) {
  switch (session->source) {
  case PYR__AWS_FOUND:
    return &session->found;
  case PYR__AWS_WEB:
    return &session->web.keys;
  case PYR__AWS_CONTAINER:
    return &session->container.keys;
  default:
    return &session->instance.keys;
  }
}

const struct pyr__aws_keys *
pyr__aws_session_keys(const struct pyr__aws_session *session) {
  return session->options->role_arn.len > 0 ? &session->role.keys.keys
                                            : &own_keys(session)->keys;
}

static int ask_role(struct pyr__aws_session *session, pyr_error_t *err) {
  const struct pyr__aws_role_question question = {
      .arn = session->options->role_arn,
      .external_id = session->options->external_id,
      .region = session->region,
      .keys = &own_keys(session)->keys,
      .time_s = now_s(session)};
  return pyr__aws_role_ask(&session->role, &question, err);
}

/* The token's file is replaced while this runs. */
static int ask_web(struct pyr__aws_session *session, pyr_error_t *err) {
  pyr_str_t arn = environment("AWS_ROLE_ARN", NULL);
  pyr_str_t name = environment("AWS_ROLE_SESSION_NAME", NULL);
  struct pyr__watched_file file = {.path =
                                       environment(WEB_TOKEN_FILE, NULL).base};
  struct pyr__aws_role_question question = {
      .arn = arn,
      .region = session->region,
      .session = name.len > 0 ? name : pyr__str("pyrite")};
  struct pyr__file_text text;
  int rc;

  if (arn.len == 0)
    return pyr__error(err, PYR_EUSAGE,
                      WEB_TOKEN_FILE " is set, but AWS_ROLE_ARN is not");
  rc = pyr__watched_file_read(&file, session->memory, PYR__LIMIT_SECRET_BYTES,
                              &text, err);
  if (rc != 0)
    return pyr__error_prefix(err, WEB_TOKEN_FILE ": %s: ", file.path);
  question.token = pyr__str_trim(text_of(&text));
  rc = pyr__aws_role_ask(&session->web, &question, err);
  pyr__file_text_release(session->memory, &text);
  return rc;
}

static int explain(const struct pyr__aws_session *session, pyr_error_t *err) {
  return pyr__error_prefix(
      err, "no %s in the configuration, the environment or the shared files; ",
      session->source == PYR__AWS_INSTANCE ? "keys" : "region");
}

static int ask_instance(struct pyr__aws_session *session, bool needs_region,
                        bool needs_keys, pyr_error_t *err) {
  int rc =
      pyr__aws_instance_ask(&session->instance, needs_region, needs_keys, err);
  return rc == 0 ? 0 : explain(session, err);
}

/* 1: it asks. */
static int advance(struct pyr__aws_session *session, pyr_error_t *err) {
  bool is_of_instance = session->source == PYR__AWS_INSTANCE;
  bool needs_region, needs_keys;
  int rc;

  take_region(session, pyr__str(session->instance.region));
  needs_region = session->region[0] == '\0';
  needs_keys = !pyr__aws_keys_are_fresh(own_keys(session), now_s(session));
  if (needs_region || (needs_keys && is_of_instance)) {
    rc = ask_instance(session, needs_region, needs_keys && is_of_instance, err);
  } else if (needs_keys) {
    rc = session->source == PYR__AWS_WEB
             ? ask_web(session, err)
             : pyr__aws_container_ask(&session->container, err);
  } else if (session->options->role_arn.len > 0 &&
             !pyr__aws_keys_are_fresh(&session->role.keys, now_s(session))) {
    rc = ask_role(session, err);
  } else {
    return 0;
  }
  return rc == 0 ? 1 : rc;
}

/* Of keys that are good still nothing is lost yet.  What was cancelled asks no
 * further. */
static void asked(struct pyr__aws_session *session,
                  struct pyr__aws_kept_keys *kept, const pyr_error_t *failure) {
  pyr_error_t err;
  bool is_cancelled = failure != NULL && (failure->code == PYR_ETIMEOUT ||
                                          failure->code == PYR_ECANCELED);
  int rc = 0;

  if (failure != NULL) {
    err = *failure;
    rc = pyr__aws_keys_extend(kept, now_s(session)) && !is_cancelled ? 0
                                                                     : err.code;
  }
  if (rc == 0)
    rc = advance(session, &err);
  if (rc <= 0)
    session->ready(session, rc == 0 ? NULL : &err);
}

/* AWS gives out keys that have expired while it has no others, and takes them.
 */
static void given(struct pyr__aws_session *session,
                  struct pyr__aws_kept_keys *kept, const pyr_error_t *err) {
  if (err == NULL && kept->keys.id != NULL &&
      !pyr__aws_keys_are_fresh(kept, now_s(session)))
    kept->renew_s = now_s(session) + PYR__AWS_RETRY_S;
  asked(session, kept, err);
}

static void on_instance(struct pyr__aws_instance *instance,
                        const pyr_error_t *err) {
  struct pyr__aws_session *session =
      pyr__container_of(instance, struct pyr__aws_session, instance);
  pyr_error_t explained;
  if (err != NULL) {
    explained = *err;
    explain(session, &explained);
    err = &explained;
  }
  given(session, &instance->keys, err);
}

static void on_role(struct pyr__aws_role *role, const pyr_error_t *err) {
  struct pyr__aws_session *session =
      pyr__container_of(role, struct pyr__aws_session, role);
  given(session, &role->keys, err);
}

static void on_web(struct pyr__aws_role *web, const pyr_error_t *err) {
  given(pyr__container_of(web, struct pyr__aws_session, web), &web->keys, err);
}

static void on_container(struct pyr__aws_container *container,
                         const pyr_error_t *err) {
  given(pyr__container_of(container, struct pyr__aws_session, container),
        &container->keys, err);
}

int pyr__aws_session_prepare(struct pyr__aws_session *session,
                             pyr_error_t *err) {
  int rc = find(session, err);
  return rc == 0 ? advance(session, err) : rc;
}

void pyr__aws_session_doubt(struct pyr__aws_session *session) {
  pyr__aws_keys_release(&session->web.keys);
  pyr__aws_keys_release(&session->container.keys);
  pyr__aws_keys_release(&session->instance.keys);
  pyr__aws_keys_release(&session->role.keys);
}

/* ---- its life ----------------------------------------------------------- */

void pyr__aws_session_init(struct pyr__aws_session *session,
                           const struct pyr__aws_session_setup *setup) {
  *session = (struct pyr__aws_session){.options = setup->options,
                                       .memory = setup->memory,
                                       .clock = setup->clock,
                                       .ready = setup->ready};
  pyr__aws_keys_init(&session->found, setup->memory);
  pyr__aws_role_init(&session->web, setup->memory, setup->client, setup->access,
                     setup->request, on_web);
  pyr__aws_container_init(&session->container, setup->memory, setup->client,
                          setup->request, on_container);
  pyr__aws_instance_init(&session->instance, setup->memory, setup->client,
                         setup->request, on_instance);
  pyr__aws_role_init(&session->role, setup->memory, setup->client,
                     setup->access, setup->request, on_role);
}

void pyr__aws_session_release(struct pyr__aws_session *session) {
  pyr__aws_keys_release(&session->found);
  pyr__aws_role_release(&session->web);
  pyr__aws_container_release(&session->container);
  pyr__aws_instance_release(&session->instance);
  pyr__aws_role_release(&session->role);
}
