/* Who we say we are in a request: basic-auth, authorization, bearer-token.
 * Texts are terminated; NULL: not given.  Files are read for each request, as
 * what is in them is replaced while the process runs. */
#ifndef PYR__BASE_AUTH_OPTIONS_H
#define PYR__BASE_AUTH_OPTIONS_H

struct pyr__auth_options {
  const char *type; /* of the credentials; NULL: "Bearer" */
  const char *credentials, *credentials_file;
  const char *username, *username_file; /* neither: not basic */
  const char *password, *password_file;
};

#endif
