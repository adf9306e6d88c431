/* Patterns: RE2's syntax on PCRE2.  test/relabel compares with Go itself; here
 * is what must be said, and what must hold without Go. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/regex.h"
#include "base/str.h"

enum {
  GROUPS = 8,
  GROUPS_OF_PATTERN = PYR__REGEX_TEXTUAL | PYR__REGEX_CAPTURES
};

static int compile(struct pyr__regex **out, struct pyr__memory *memory,
                   const char *pattern, unsigned flags, size_t *offset,
                   pyr_error_t *err) {
  return pyr__regex_new(out, memory, PYR__MEM_BASE_TEXT, pyr__str(pattern),
                        flags, offset, err);
}

/* ---- what is refused ---------------------------------------------------- */

static const struct {
  const char *pattern;
  size_t offset;
  const char *error; /* its start */
} refused[] = {
    {"x(?=y)", 1, "look-ahead (?="},
    {"x(?!y)", 1, "look-ahead (?!"},
    {"(?<=y)", 0, "look-behind (?<="},
    {"(?<!y)", 0, "look-behind (?<!"},
    {"a(?>b)", 1, "an atomic group (?>"},
    {"(?|a|b)", 0, "a group that resets numbers"},
    {"(a)(?(1)b)", 3, "a conditional (?("},
    {"a(?#b)", 1, "a comment (?#"},
    {"(?R)", 0, "recursion (?R"},
    {"(a)(?1)", 3, "a call of a group (?1"},
    {"(a)(?-1)", 3, "a call of a group (?1"},
    {"(?&n)", 0, "a call of a group (?&"},
    {"(?P>n)", 0, "a call of a group (?P>"},
    {"(?P=n)", 0, "a back-reference (?P="},
    {"(?C)", 0, "a callout (?C"},
    {"(?'n'a)", 0, "a name in quotes (?'"},
    {"(?x)a b", 0, "the flag x"},
    {"(?^)a", 0, "the flag ^"},
    {"(?a)", 0, "unknown group"},
    {"(?i-)", 0, "unknown group"},
    {"(?-)", 0, "unknown group"},
    {"(?-i-s)", 0, "unknown group"},
    {"(?", 0, "unknown group"},
    {"(?P<n", 0, "a group's name consists of"},
    {"(?P<>a)", 0, "a group's name consists of"},
    {"(?<a b>a)", 0, "a group's name consists of"},
    {"(*ACCEPT)", 1, "nothing before it that could be repeated"},
    {"(a)\\1", 3, "a back-reference (\\1)"},
    {"\\9", 0, "a back-reference (\\9)"},
    {"\\K", 0, "\\K (reset of the start) is not part of RE2's syntax"},
    {"a\\R", 1, "\\R (any line end)"},
    {"\\X", 0, "\\X (grapheme)"},
    {"\\h", 0, "\\h (horizontal space)"},
    {"\\G", 0, "\\G (start of the search)"},
    {"\\C", 0, "\\C (one byte)"},
    {"\\Z", 0, "\\Z (end, or before a last line end; write \\z)"},
    {"\\g{1}", 0, "\\g (back-reference or call)"},
    {"\\k<n>", 0, "\\k (back-reference)"},
    {"\\cA", 0, "\\c (control character)"},
    {"\\E", 0, "\\E without \\Q"},
    {"\\y", 0, "unknown escape \\y"},
    {"\\\xc3\xa9", 0, "unknown escape \\\xc3\xa9"},
    {"[\\b]", 1, "unknown escape \\b"},
    {"[\\Q]", 1, "unknown escape \\Q"},
    {"a\\", 1, "a backslash at the end"},
    {"\\x4", 0, "\\x takes two hexadecimal digits"},
    {"\\x{}", 0, "\\x takes two hexadecimal digits"},
    {"\\x{110000}", 0, "\\x takes two hexadecimal digits"},
    {"a++", 2, "a possessive repeat"},
    {"a{2}+", 4, "a possessive repeat"},
    {"a**", 2, "a repeat of a repeat"},
    {"a{2}{3}", 4, "a repeat of a repeat"},
    {"a*??", 3, "a repeat of a repeat"},
    {"*", 0, "nothing before it that could be repeated"},
    {"(?i)*", 4, "nothing before it that could be repeated"},
    {"a|+", 2, "nothing before it that could be repeated"},
    {"(?:?)", 3, "nothing before it that could be repeated"},
    {"a{1001}", 1, "a repeat of more than 1000"},
    {"a{1,1001}", 1, "a repeat of more than 1000"},
    {"a{99999999999}", 1, "a repeat of more than 1000"},
    {"(?:a{100}){11}", 10, "a repeat of more than 1000"},
    {"((a{10}){10}b){11}", 14, "a repeat of more than 1000"},
    {"a{3,2}", 1, "the counts of the repeat are reversed"},
    {"(a", 0, "missing ) for this ("},
    {"a)b", 1, "unexpected )"},
    {"[a", 0, "missing ] for this ["},
    {"[]", 0, "missing ] for this ["},
    {"[z-a]", 1, "the range in the class is reversed"},
    {"[a-\\d]", 3, "unknown escape \\d"},
    {"[[:foo:]]", 1, "unknown class [:foo:]"},
    {"\\p{Foo}", 0, "unknown property \\p{Foo}"},
    {"[[:\xc3\xa9:]]", 1, "unknown class [:\\xc3\\xa9:]"},
    {"\\p{Grek}", 0, "unknown property \\p{Grek}"},
    {"\\pX", 0, "unknown property \\p{X}"},
    {"\\p", 0, "\\p is followed by"},
    {"\\p{L", 0, "\\p is followed by"},
    {"(?i)\\p{Lu}", 4, "(?i) with \\p{Lu}"},
    {"(?i)[\\P{Greek}a]", 5, "(?i) with \\P{sc:Greek} inside of a class"},
    {"(a*?)+", 5, "this repeat of a group that can match nothing"},
    {"(a*){2,}", 4, "this repeat of a group that can match nothing"},
    {"\xff", 0, "the pattern is not UTF-8"},
};

static void re2__is_all_there_is(void **state) {
  struct pyr__memory memory;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
    struct pyr__regex *regex = NULL;
    pyr_error_t err = {0};
    size_t offset = 99;
    int rc = compile(&regex, &memory, refused[i].pattern, PYR__REGEX_CAPTURES,
                     &offset, &err);
    if (rc != PYR_EUSAGE || offset != refused[i].offset ||
        strncmp(err.text, refused[i].error, strlen(refused[i].error)) != 0)
      fail_msg("%s: %d at %zu: %s", refused[i].pattern, rc, offset, err.text);
    assert_int_equal(memory.accounts[PYR__MEM_BASE_TEXT].used_blocks, 0);
  }
}

/* ---- what matches ------------------------------------------------------- */

static const struct {
  const char *pattern, *text;
  const char *groups; /* NULL: no match; else each group and "|" */
} matching[] = {
    {"a.c", "a\nc", "a\nc|"}, /* "." is every character, */
    {"(?-s)a.c", "a\nc", NULL},
    {"f|o", "foo", NULL}, /* and the whole text it must be */
    {"a$", "a\n", NULL},
    {"^a$", "a", "a|"},
    {"\\Aa\\z", "a", "a|"},
    {"(?m)a$\\n^b", "a\nb", "a\nb|"},
    {"(?m)a\\n^", "a\n", "a\n|"}, /* also behind the last newline */
    {"a)|(b", "axx", "a||"},      /* the parentheses are text */
    {"a)|(b", "xxb", "b|b|"},
    {"a)|(b", "xax", NULL},
    {"\\s", "\v", NULL},
    {"\\s+", "\t\n\f\r ", "\t\n\f\r |"},
    {"\\d", "\xd9\xa1", NULL}, /* an Arabic 1 */
    {"\\w", "\xc3\xa9", NULL},
    {"\\W\\D\\S", "\xc3\xa9\xc3\xa9\xc3\xa9", "\xc3\xa9\xc3\xa9\xc3\xa9|"},
    {"\\v\\a\\07\\x0B\\101", "\v\a\a\vA", "\v\a\a\vA|"},
    {"\\Qa.b*\\E+", "a.b***", "a.b***|"},
    {"a\\Q\\E+", "aaa", "aaa|"},
    {"a(?i)*", "aa", "aa|"},
    {"a*(?i)*", "aa", "aa|"},
    {"a(?i)*", "", "|"},
    {"a\\Q\\E?", "", "|"},
    {"ab+(?U)?", "a", "a|"},
    {"ab+\\Q\\E*", "a", "a|"},
    {"ab+", "a", NULL},
    {"a{0}", "", "|"},
    {"a)*(b", "b", "b|b|"},
    {"ab", "abc", NULL},
    {"ab", "ab", "ab|"},
    {"^*a", "a", "a|"},
    {"{", "{", "{|"},
    {"a{,3}", "a{,3}", "a{,3}|"},
    {"a{01}", "a{01}", "a{01}|"},
    {"(?P<n>a)(?<n>b)", "ab", "ab|a|b|"},
    {"(?U)(a+)(a*?)", "aaa", "aaa|a|aa|"},
    {"(a+?)(a*)", "aaa", "aaa|a|aa|"},
    {"(?i:K)(s)", "\xe2\x84\xaas", "\xe2\x84\xaas|s|"},
    {"(?i)[s-t]", "\xc5\xbf", "\xc5\xbf|"}, /* a long s */
    {"(?i)[[:upper:]]", "a", "a|"},
    {"(?i)\\W", "\xc5\xbf", NULL},
    {"(?i)[^[:^lower:]]", "K", "K|"},
    {"(?i)a(?-i)b", "Ab", "Ab|"},
    {"(?i)a(?-i)b", "AB", NULL},
    {"(?:(?i)a)b", "AB", NULL},
    {"[]a]", "]", "]|"},
    {"[^]a]", "\n", "\n|"},
    {"[a-]+", "-a", "-a|"},
    {"[\\-\\]]+", "-]", "-]|"},
    {"[[:^alpha:][:digit:]]", "1", "1|"},
    {"[[:foo]", "[", "[|"},
    {"[[a]]", "a]", "a]|"},
    {"\\pL\\p{Greek}\\PN\\p{^Greek}",
     "a\xcf\x83"
     "ab",
     "a\xcf\x83"
     "ab|"},
    {"\\p{decimal_number}\\p{LETTER}", "1a", "1a|"},
    {"\\p{Any}\\p{ascii}\\p{Assigned}", "aaa", "aaa|"},
    {"[\\PL]", "1", "1|"},
    {"(?i)\\p{Greek}", "\xc2\xb5", "\xc2\xb5|"}, /* micro folds to mu */
    {"\\x{d800}|a", "a", "a|"},                  /* which no text has */
    {"[\\x{d700}-\\x{e000}]", "\xed\x9f\xbf", "\xed\x9f\xbf|"},
    {"[^\\x{d800}]", "a", "a|"},
    {"[^\\x00-\\x{10ffff}]|b", "b", "b|"},
    {"(?:([^,]*),?)*", "a,b", "a,b|b|"}, /* no empty round at the end, */
    {"(a*)*", "aa", "aa|aa|"},
    {"(a|b*)*(c?)", "abc", "abc|b|c|"},
    {"(?:(a*)*b)*", "abb", "abb||"}, /* but at the start */
    {"(?i:(a|B*)*)", "aBb", "aBb|Bb|"},
    {"(x(?:(a*)*)*(y))", "xaay", "xaay|xaay|aa|y|"},
    {"(|a)*", "aa", "aa|a|"},
    {"a.b",
     "a\xff"
     "b",
     "a\xff"
     "b|"}, /* a wrong byte is one character, */
    {"(.)(.)(.*)", "\xe2\x82z\x80", "\xe2\x82z\x80|\xe2|\x82|z\x80|"},
    {"\\x{fffd}+", "\xc3\xff", "\xc3\xff|"}, /* and it is this one */
    {"", "", "|"},
    {"", "a", NULL},
};

static void join_groups(const struct pyr__regex *regex, const char *text,
                        const struct pyr__span *spans, char out[256]) {
  size_t i, used = 0;
  for (i = 0; i <= pyr__regex_groups(regex); i++) {
    size_t len = 0;
    if (spans[i].start != PYR__REGEX_UNSET) {
      len = spans[i].end - spans[i].start;
      memcpy(out + used, text + spans[i].start, len);
    }
    used += len;
    out[used++] = '|';
  }
  out[used] = '\0';
}

static void patterns__match_as_re2(void **state) {
  struct pyr__memory memory;
  size_t i, offset;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (i = 0; i < sizeof(matching) / sizeof(matching[0]); i++) {
    struct pyr__span spans[GROUPS] = {{0, 0}};
    struct pyr__regex *regex = NULL, *test = NULL;
    pyr_str_t text = pyr__str(matching[i].text);
    char groups[256];
    pyr_error_t err = {0};
    int rc;
    if (compile(&regex, &memory, matching[i].pattern, GROUPS_OF_PATTERN,
                &offset, &err) != 0 ||
        compile(&test, &memory, matching[i].pattern, PYR__REGEX_TEXTUAL,
                &offset, &err) != 0)
      fail_msg("%s: at %zu: %s", matching[i].pattern, offset, err.text);
    assert_true(pyr__regex_groups(regex) < GROUPS);
    rc = pyr__regex_find(regex, text, 0, spans, &err);
    assert_int_equal(pyr__regex_test(test, text, &err), rc);
    assert_int_equal(pyr__regex_groups(test), 0);
    groups[0] = '\0';
    if (rc == 1)
      join_groups(regex, matching[i].text, spans, groups);
    if (rc != (matching[i].groups != NULL) ||
        (rc == 1 && strcmp(groups, matching[i].groups) != 0))
      fail_msg("%s on %s: %d, %s", matching[i].pattern, matching[i].text, rc,
               groups);
    pyr__regex_free(regex);
    pyr__regex_free(test);
  }
  assert_int_equal(memory.accounts[PYR__MEM_BASE_TEXT].used_blocks, 0);
}

static void matchers__must_be_legal_themselves(void **state) {
  struct pyr__memory memory;
  struct pyr__regex *regex;
  pyr_error_t err;
  size_t offset;
  (void)state;
  pyr__memory_init(&memory, NULL);
  assert_int_equal(compile(&regex, &memory, "a)|(b", 0, &offset, &err),
                   PYR_EUSAGE);
  assert_int_equal(offset, 1);
  assert_string_equal(err.text, "unexpected )");
  assert_int_equal(compile(&regex, &memory, "a|b.", 0, &offset, &err), 0);
  assert_int_equal(pyr__regex_test(regex, pyr__str("b\n"), &err), 1);
  assert_int_equal(pyr__regex_test(regex, pyr__str("xa"), &err), 0);
  assert_int_equal(pyr__regex_test(regex, pyr__str("ax"), &err), 0);
  pyr__regex_free(regex);
}

static void names__belong_to_groups(void **state) {
  struct pyr__memory memory;
  struct pyr__regex *regex;
  struct pyr__span spans[4];
  pyr_error_t err;
  size_t offset;
  (void)state;
  pyr__memory_init(&memory, NULL);
  assert_int_equal(compile(&regex, &memory, "(?P<one>a*)*(b)(?<2x>c)?",
                           GROUPS_OF_PATTERN, &offset, &err),
                   0);
  assert_int_equal(pyr__regex_groups(regex), 3);
  assert_true(pyr__str_is(pyr__regex_group_name(regex, 1), "one"));
  assert_true(pyr__str_is(pyr__regex_group_name(regex, 2), ""));
  assert_true(pyr__str_is(pyr__regex_group_name(regex, 3), "2x"));
  assert_int_equal(pyr__regex_find(regex, pyr__str("aab"), 0, spans, &err), 1);
  assert_int_equal(spans[2].start, 2);
  assert_int_equal(spans[2].end, 3);
  assert_int_equal(spans[3].start, PYR__REGEX_UNSET);
  pyr__regex_free(regex);
}

/* A search that goes on behind a match, in text that is whole and that is not.
 */
static void searches__start_anywhere(void **state) {
  static const struct {
    const char *text;
    size_t from, start;
  } searches[] = {{"xbxb", 0, 3},
                  {"b\xff"
                   "b",
                   1, 2}};
  struct pyr__memory memory;
  struct pyr__regex *regex;
  struct pyr__span spans[2];
  pyr_error_t err;
  size_t i, offset;
  (void)state;
  pyr__memory_init(&memory, NULL);
  assert_int_equal(
      compile(&regex, &memory, "z)|(b", GROUPS_OF_PATTERN, &offset, &err), 0);
  for (i = 0; i < 2; i++) {
    assert_int_equal(pyr__regex_find(regex, pyr__str(searches[i].text),
                                     searches[i].from, spans, &err),
                     1);
    assert_int_equal(spans[1].start, searches[i].start);
  }
  pyr__regex_free(regex);
}

/* ---- limits ------------------------------------------------------------- */

static void hostile_patterns__give_up(void **state) {
  static const char *const patterns[] = {"(a+)+[bd]", "(a|aa)+[bd]",
                                         "(?:a*)*[bd]",
                                         "(.*)(.*)(.*)(.*)(.*)(.*)(.*)[bd]"};
  struct pyr__memory memory;
  char text[100];
  size_t i, offset;
  (void)state;
  pyr__memory_init(&memory, NULL);
  memset(text, 'a', sizeof(text));
  for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
    pyr_str_t many = {text, sizeof(text)};
    struct pyr__span spans[GROUPS];
    struct pyr__regex *regex;
    pyr_error_t err = {0};
    char wanted[160];
    assert_int_equal(
        compile(&regex, &memory, patterns[i], GROUPS_OF_PATTERN, &offset, &err),
        0);
    assert_int_equal(pyr__regex_find(regex, many, 0, spans, &err), PYR_ELIMIT);
    snprintf(wanted, sizeof(wanted),
             "the pattern \"%s\" takes too many steps on a text of 100 bytes; "
             "write it without nested repeats",
             patterns[i]);
    assert_string_equal(err.text, wanted);
    /* It is as good as new. */
    assert_int_equal(pyr__regex_find(regex, pyr__str("ab"), 0, spans, &err), 1);
    pyr__regex_free(regex);
  }
}

static void refuse(const char *what, const char *unit, size_t len) {
  struct pyr__memory memory;
  struct pyr__regex *regex;
  pyr_error_t err = {0};
  size_t offset, i;
  char *text = (char *)malloc(len);
  assert_non_null(text);
  for (i = 0; i < len; i++)
    text[i] = unit[i % strlen(unit)];
  pyr__memory_init(&memory, NULL);
  assert_int_equal(pyr__regex_new(&regex, &memory, PYR__MEM_BASE_TEXT,
                                  (pyr_str_t){text, len}, GROUPS_OF_PATTERN,
                                  &offset, &err),
                   PYR_EUSAGE);
  assert_string_equal(err.text, what);
  assert_int_equal(memory.accounts[PYR__MEM_BASE_TEXT].used_blocks, 0);
  free(text);
}

static void patterns__have_ceilings(void **state) {
  (void)state;
  refuse("a pattern has at most 16384 bytes", "a", PYR__LIMIT_REGEX_BYTES + 1);
  refuse("groups are nested deeper than 200", "(", 1000);
  refuse("the pattern is too large", "\\W", PYR__LIMIT_REGEX_BYTES);
}

static void counts__have_a_ceiling(void **state) {
  struct pyr__memory memory;
  struct pyr__regex *regex;
  pyr_error_t err;
  size_t offset;
  (void)state;
  pyr__memory_init(&memory, NULL);
  assert_int_equal(compile(&regex, &memory, "(?:[a-c](?:x|y|z){10}){100}",
                           GROUPS_OF_PATTERN, &offset, &err),
                   0);
  pyr__regex_free(regex);
  assert_int_equal(compile(&regex, &memory,
                           "(?:(a|b|c)(d|e|f)(g|h|i)(j|k|l)){1000}",
                           GROUPS_OF_PATTERN, &offset, &err),
                   PYR_EUSAGE);
  assert_string_equal(err.text, "the pattern is too large; use smaller counts");
}

/* ---- faults ------------------------------------------------------------- */

static const char *const complicated =
    "(?i)(?P<a>[[:alpha:]\\d]+)*?(?:(\\pL*),?)*\\Q.\\E{2,3}|((x|y)|z{3})";

/* Every beginning of a pattern compiles or is refused. */
static void patterns__are_safe_at_every_cut(void **state) {
  struct pyr__memory memory;
  size_t len, offset;
  (void)state;
  pyr__memory_init(&memory, NULL);
  for (len = 0; len <= strlen(complicated); len++) {
    char *text = (char *)malloc(len == 0 ? 1 : len);
    struct pyr__regex *regex = NULL;
    pyr_error_t err = {0};
    int rc;
    memcpy(text, complicated, len);
    rc = pyr__regex_new(&regex, &memory, PYR__MEM_BASE_TEXT,
                        (pyr_str_t){text, len}, GROUPS_OF_PATTERN, &offset,
                        &err);
    assert_true(rc == 0 || (rc == PYR_EUSAGE && offset <= len));
    if (rc == 0)
      assert_true(pyr__regex_test(regex, pyr__str("ab,c..."), &err) >= 0);
    pyr__regex_free(regex);
    free(text);
  }
}

static int compile_and_find(struct pyr__memory *memory, pyr_error_t *err) {
  struct pyr__span spans[GROUPS];
  struct pyr__regex *regex;
  size_t offset;
  int rc =
      compile(&regex, memory, complicated, GROUPS_OF_PATTERN, &offset, err);
  if (rc != 0)
    return rc;
  rc = pyr__regex_find(regex, pyr__str("ab,c\xff.."), 0, spans, err);
  if (rc == 0)
    rc = pyr__regex_find(regex, pyr__str("ab,c.."), 0, spans, err);
  pyr__regex_free(regex);
  return rc;
}

static void patterns__are_errors_without_memory(void **state) {
  size_t n;
  (void)state;
  for (n = 1;; n++) {
    struct failing_allocator failing = {.fail_at = n};
    pyr_alloc_t alloc = failing_alloc(&failing);
    struct pyr__memory memory;
    pyr_error_t err = {0};
    int rc;
    pyr__memory_init(&memory, &alloc);
    rc = compile_and_find(&memory, &err);
    assert_int_equal(failing.live, 0);
    if (failing.calls < n) {
      assert_int_equal(rc, 1);
      break;
    }
    /* PCRE2 does without some of its memory. */
    assert_true(rc == 1 || rc == PYR__ENOMEM);
    if (rc != 1)
      assert_string_equal(err.text, "out of memory");
  }
  assert_true(n > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(re2__is_all_there_is),
      cmocka_unit_test(patterns__match_as_re2),
      cmocka_unit_test(matchers__must_be_legal_themselves),
      cmocka_unit_test(names__belong_to_groups),
      cmocka_unit_test(searches__start_anywhere),
      cmocka_unit_test(hostile_patterns__give_up),
      cmocka_unit_test(patterns__have_ceilings),
      cmocka_unit_test(counts__have_a_ceiling),
      cmocka_unit_test(patterns__are_safe_at_every_cut),
      cmocka_unit_test(patterns__are_errors_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
