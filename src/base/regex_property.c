/* \pL, \p{^Greek}, \p{Uppercase_Letter}: the names that Go knows, as PCRE2
 * calls them. */
#include "base/regex_class.h"

#include <stdio.h>

enum { LONGEST_NAME = 32 };

/* Names are looked for with blanks around them. */
static const char categories[] =
    " C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi "
    "Po Ps S Sc Sk Sm So Z Zl Zp Zs ";

/* Go does not find those of two words. */
static const char scripts[] =
    " Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali "
    "Bhaiksuki "
    "Bopomofo Brahmi Braille Buginese Buhid Carian Chakma Cham Cherokee "
    "Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari "
    "Dogra Duployan Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic "
    "Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana "
    "Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki "
    "Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar "
    "Malayalam Mandaic Manichaean Marchen Medefaidrin Miao Modi Mongolian Mro "
    "Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya Osage "
    "Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada "
    "Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac Tagalog Tagbanwa "
    "Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta "
    "Toto "
    "Ugaritic Vai Vithkuqi Wancho Yezidi Yi ";

static const struct {
  const char *name, *category;
} aliases[] = {
    {"Casedletter", "L&"},
    {"Closepunctuation", "Pe"},
    {"Cntrl", "Cc"},
    {"Combiningmark", "M"},
    {"Connectorpunctuation", "Pc"},
    {"Control", "Cc"},
    {"Currencysymbol", "Sc"},
    {"Dashpunctuation", "Pd"},
    {"Decimalnumber", "Nd"},
    {"Digit", "Nd"},
    {"Enclosingmark", "Me"},
    {"Finalpunctuation", "Pf"},
    {"Format", "Cf"},
    {"Initialpunctuation", "Pi"},
    {"Lc", "L&"},
    {"Letter", "L"},
    {"Letternumber", "Nl"},
    {"Lineseparator", "Zl"},
    {"Lowercaseletter", "Ll"},
    {"Mark", "M"},
    {"Mathsymbol", "Sm"},
    {"Modifierletter", "Lm"},
    {"Modifiersymbol", "Sk"},
    {"Nonspacingmark", "Mn"},
    {"Number", "N"},
    {"Openpunctuation", "Ps"},
    {"Other", "C"},
    {"Otherletter", "Lo"},
    {"Othernumber", "No"},
    {"Otherpunctuation", "Po"},
    {"Othersymbol", "So"},
    {"Paragraphseparator", "Zp"},
    {"Privateuse", "Co"},
    {"Punct", "P"},
    {"Punctuation", "P"},
    {"Separator", "Z"},
    {"Spaceseparator", "Zs"},
    {"Spacingmark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecaseletter", "Lt"},
    {"Unassigned", "Cn"},
    {"Uppercaseletter", "Lu"},
};

/* What (?i) adds.  PCRE2 folds the characters that stand here, so one of those
 * that fold to each other is enough. */
static const struct {
  const char *name, *extra;
} folds[] = {
    {"L", "\\x{345}"},
    {"M", "\\x{345}"},
    {"Mn", "\\x{345}"},
    {"sc:Common", "\\x{b5}"},
    {"sc:Greek", "\\x{3bc}\\x{3b9}"},
    {"sc:Inherited", "\\x{345}"},
};

struct property {
  char name[LONGEST_NAME]; /* for \p{} of PCRE2 */
  const char *extra;       /* characters that (?i) adds, or "" */
  bool negated;
};

/* As Go does: one capital, small letters, neither "_", "-" nor blanks. */
static bool canonical(pyr_str_t name, char out[LONGEST_NAME]) {
  size_t i, len = 0;
  for (i = 0; i < name.len; i++) {
    char c = name.base[i];
    if (c == '_' || c == '-' || c == ' ')
      continue;
    if (len + 1 == LONGEST_NAME || c == '\0')
      return false;
    if (len == 0 && c >= 'a' && c <= 'z')
      c = (char)(c - 'a' + 'A');
    else if (len > 0 && c >= 'A' && c <= 'Z')
      c = (char)(c - 'A' + 'a');
    out[len++] = c;
  }
  out[len] = '\0';
  return len > 0;
}

static bool is_word(const char *words, const char *name) {
  char padded[LONGEST_NAME + 2];
  snprintf(padded, sizeof(padded), " %s ", name);
  return strstr(words, padded) != NULL;
}

/* False: unknown. */
static bool look_up(const char *name, struct property *out) {
  size_t i;
  if (strcmp(name, "Any") == 0) {
    snprintf(out->name, sizeof(out->name), "Any");
  } else if (strcmp(name, "Assigned") == 0) {
    snprintf(out->name, sizeof(out->name), "Cn");
    out->negated = !out->negated;
  } else if (is_word(categories, name)) {
    snprintf(out->name, sizeof(out->name), "%s", name);
  } else if (is_word(scripts, name)) {
    /* Without "sc:" it would be the characters that are used with it. */
    snprintf(out->name, sizeof(out->name), "sc:%.*s", LONGEST_NAME - 4, name);
  } else {
    for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
      if (strcmp(name, aliases[i].name) == 0)
        break;
    if (i == sizeof(aliases) / sizeof(aliases[0]))
      return false;
    snprintf(out->name, sizeof(out->name), "%s", aliases[i].category);
  }
  out->extra = "";
  for (i = 0; i < sizeof(folds) / sizeof(folds[0]); i++)
    if (strcmp(out->name, folds[i].name) == 0)
      out->extra = folds[i].extra;
  return true;
}

/* What stands behind \p: one character, or a name in braces. */
static bool read_name(struct pyr__regex_syntax *syntax, pyr_str_t *name) {
  const char *start = syntax->text.base + syntax->at + 2, *end;
  size_t left = syntax->text.len - syntax->at - 2;
  uint32_t code;

  if (left == 0)
    return false;
  if (*start != '{') {
    *name =
        (pyr_str_t){start, pyr__utf8_decode((pyr_str_t){start, left}, &code)};
    syntax->at += 2 + name->len;
    return true;
  }
  end = memchr(start, '}', left);
  if (end == NULL)
    return false;
  *name = (pyr_str_t){start + 1, (size_t)(end - start) - 1};
  syntax->at += 2 + (size_t)(end - start) + 1;
  return true;
}

static void put_property(struct pyr__regex_syntax *syntax, size_t at,
                         const struct property *property, bool alone) {
  bool folds_more = syntax->flags.fold && *property->extra != '\0';
  char text[LONGEST_NAME + 8];

  if (syntax->flags.fold && is_word(" Lu Ll Lt ", property->name)) {
    pyr__regex_wrong(syntax, at,
                     "(?i) with \\p{%s}: write \\pL, or the letters",
                     property->name);
  } else if (folds_more && property->negated && !alone) {
    pyr__regex_wrong(syntax, at,
                     "(?i) with \\P{%s} inside of a class: write it with "
                     "(?-i:...)",
                     property->name);
  } else if (folds_more && property->negated) {
    pyr__regex_put(syntax, "^");
  }
  snprintf(text, sizeof(text), "\\%c{%s}",
           property->negated && !folds_more ? 'P' : 'p', property->name);
  pyr__regex_put(syntax, text);
  if (folds_more)
    pyr__regex_put(syntax, property->extra);
}

static void unknown_property(struct pyr__regex_syntax *syntax, size_t at,
                             pyr_str_t name) {
  char shown[LONGEST_NAME];
  pyr__str_escape(shown, sizeof(shown), name);
  pyr__regex_wrong(syntax, at, "unknown property \\p{%s}", shown);
}

void pyr__regex_property(struct pyr__regex_syntax *syntax, bool alone) {
  size_t at = syntax->at;
  char name[LONGEST_NAME];
  struct property property = {.negated = pyr__regex_peek(syntax, 1) == 'P'};
  pyr_str_t written = {"", 0};

  if (!read_name(syntax, &written)) {
    pyr__regex_wrong(syntax, at, "\\p is followed by a letter or {name}");
    return;
  }
  if (written.len > 0 && written.base[0] == '^') {
    property.negated = !property.negated;
    written = (pyr_str_t){written.base + 1, written.len - 1};
  }
  if (!canonical(written, name))
    name[0] = '\0';
  if (strcmp(name, "Ascii") == 0)
    pyr__regex_put_posix(syntax, property.negated ? pyr__str("^ascii")
                                                  : pyr__str("ascii"));
  else if (look_up(name, &property))
    put_property(syntax, at, &property, alone);
  else
    unknown_property(syntax, at, written);
}
