#include "support.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "self/elf.h"
#include "self/maps.h"
#include "self/symbols.h"

struct file {
  uint8_t *data;
  size_t len;
};

static struct file read_self(void) {
  struct file file = {NULL, 0};
  FILE *stream = fopen("/proc/self/exe", "rb");
  assert_non_null(stream);
  assert_int_equal(fseek(stream, 0, SEEK_END), 0);
  file.len = (size_t)ftell(stream);
  rewind(stream);
  file.data = malloc(file.len);
  assert_non_null(file.data);
  assert_int_equal(fread(file.data, 1, file.len, stream), file.len);
  fclose(stream);
  return file;
}

struct found {
  size_t count;
  bool has_main;
  bool has_static; /* functions that are not exported, too */
};

static void on_function(void *ctx, const struct pyr__elf_symbol *symbol) {
  struct found *found = ctx;
  found->count++;
  found->has_main |= strcmp(symbol->name, "main") == 0;
  found->has_static |= strcmp(symbol->name, "read_self") == 0;
}

static void read_all(const struct pyr__elf *elf, struct found *found) {
  char build_id[PYR__BUILD_ID_TEXT];
  uint64_t address;
  memset(found, 0, sizeof(*found));
  pyr__elf_each_function(elf, on_function, found);
  pyr__elf_build_id(elf, build_id);
  (void)pyr__elf_address(elf, 4096, &address);
  (void)pyr__elf_address(elf, UINT64_MAX, &address);
}

static void elf__finds_functions_and_build_id(void **state) {
  struct file file = read_self();
  struct pyr__elf elf;
  struct found found;
  char build_id[PYR__BUILD_ID_TEXT];
  (void)state;
  assert_int_equal(pyr__elf_init(&elf, file.data, file.len), 0);
  read_all(&elf, &found);
  assert_true(found.has_main && found.has_static && found.count > 50);
  pyr__elf_build_id(&elf, build_id);
  assert_true(strlen(build_id) >= 16);
  free(file.data);
}

/* Nothing is read behind the end, wherever that is (the address sanitizer
 * looks on). */
static void elf__survives_a_cut_file(void **state) {
  struct file file = read_self();
  size_t len, step;
  (void)state;
  for (len = 0; len < file.len; len += step) {
    struct pyr__elf elf;
    struct found found;
    uint8_t *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, file.data, len);
    if (pyr__elf_init(&elf, copy, len) == 0)
      read_all(&elf, &found);
    else
      assert_true(len < 1024);
    free(copy);
    step = len < 1024 ? 1 : file.len / 100 + 1;
  }
  free(file.data);
}

/* Each byte of the headers is made wild in turn. */
static void elf__survives_wild_headers(void **state) {
  struct file file = read_self();
  ElfW(Ehdr) header;
  size_t i, sections;
  (void)state;
  memcpy(&header, file.data, sizeof(header));
  sections = header.e_shoff;
  for (i = 0; i < 2048; i++) {
    size_t at = i < 1024 ? i : sections + (i - 1024);
    struct pyr__elf elf;
    struct found found;
    uint8_t before;
    if (at >= file.len)
      break;
    before = file.data[at];
    file.data[at] = 0xff;
    if (pyr__elf_init(&elf, file.data, file.len) == 0)
      read_all(&elf, &found);
    file.data[at] = before;
  }
  free(file.data);
}

static void elf__refuses_what_is_none(void **state) {
  struct pyr__elf elf;
  uint8_t zeros[256] = {0};
  (void)state;
  assert_int_equal(pyr__elf_init(&elf, zeros, 0), -1);
  assert_int_equal(pyr__elf_init(&elf, zeros, sizeof(zeros)), -1);
}

static void maps__are_parsed_line_by_line(void **state) {
  struct pyr__map map;
  (void)state;
  assert_int_equal(
      pyr__map_parse("55d0c8a00000-55d0c8a21000 r-xp 00002000 08:01 1234"
                     "    /usr/bin/a b",
                     &map),
      0);
  assert_true(map.start == 0x55d0c8a00000 && map.limit == 0x55d0c8a21000);
  assert_true(map.offset == 0x2000 && map.inode == 1234);
  assert_string_equal(map.path, "/usr/bin/a b");
  assert_int_equal(pyr__map_parse("1000-2000 r-xp 0 00:00 0", &map), 0);
  assert_string_equal(map.path, "");
  assert_int_equal(pyr__map_parse("1000-2000 r--p 0 00:00 0 /a", &map), -1);
  assert_int_equal(pyr__map_parse("2000-1000 r-xp 0 00:00 0 /a", &map), -1);
  assert_int_equal(pyr__map_parse("1000-2000", &map), -1);
  assert_int_equal(pyr__map_parse("", &map), -1);
}

/* A mapping whose file is not there, or that has none. */
static void symbols__are_named_by_their_mapping_at_least(void **state) {
  static const struct pyr__map maps[] = {
      {.start = 0x1000, .limit = 0x2000, .path = "/gone/libx.so.1", .inode = 7},
      {.start = 0x3000, .limit = 0x4000, .path = "[vdso]"},
      {.start = 0x5000, .limit = 0x6000, .path = ""}};
  static const char *const names[] = {
      "", "[libx.so.1]", "[libx.so.1]", "[vdso]", "", ""};
  struct pyr__symbol symbols[] = {{.address = 0x500},  {.address = 0x1000},
                                  {.address = 0x1fff}, {.address = 0x3000},
                                  {.address = 0x5000}, {.address = 0x6000}};
  static const uint32_t in_map[] = {PYR__NONE, 0, 0, 1, 2, PYR__NONE};
  struct pyr__map_symbols files[3];
  struct pyr__strings strings;
  struct pyr__memory memory;
  struct pyr__arena arena;
  size_t i;
  (void)state;
  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_SELF, 1 << 20);
  pyr__strings_init(&strings, &arena);
  pyr__symbols_find(symbols, 6, maps, 3, files, &strings);
  assert_false(strings.failed);
  for (i = 0; i < 6; i++) {
    assert_true(pyr__str_is(strings.items[symbols[i].name], names[i]));
    assert_int_equal(symbols[i].map, in_map[i]);
  }
  for (i = 0; i < 3; i++) {
    assert_true(pyr__str_is(strings.items[files[i].filename], maps[i].path));
    assert_false(files[i].has_functions);
  }
  pyr__strings_release(&strings);
  pyr__arena_release(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(elf__finds_functions_and_build_id),
      cmocka_unit_test(elf__survives_a_cut_file),
      cmocka_unit_test(elf__survives_wild_headers),
      cmocka_unit_test(elf__refuses_what_is_none),
      cmocka_unit_test(maps__are_parsed_line_by_line),
      cmocka_unit_test(symbols__are_named_by_their_mapping_at_least),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
