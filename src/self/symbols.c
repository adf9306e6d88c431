#include "self/symbols.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 30)

/* One address of a file, while its symbols pass by. */
struct wanted {
  struct pyr__symbol *symbol;
  uint64_t address; /* as symbols count */
  uint64_t start;   /* of the best symbol so far */
  const char *name; /* NULL: none so far */
  int is_global;
};

struct search {
  struct wanted *wanted; /* by address */
  size_t count;
};

static size_t first_at_or_after(const struct search *search, uint64_t address) {
  size_t low = 0, high = search->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (search->wanted[middle].address < address)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The innermost symbol is the best; of equals the one others may use. */
static void on_symbol(void *ctx, const struct pyr__elf_symbol *symbol) {
  struct search *search = ctx;
  size_t i = first_at_or_after(search, symbol->address);
  for (; i < search->count &&
         search->wanted[i].address - symbol->address < symbol->size;
       i++) {
    struct wanted *wanted = &search->wanted[i];
    if (wanted->name != NULL && (symbol->address < wanted->start ||
                                 (symbol->address == wanted->start &&
                                  symbol->is_global <= wanted->is_global)))
      continue;
    wanted->name = symbol->name;
    wanted->start = symbol->address;
    wanted->is_global = symbol->is_global;
  }
}

/* The whole file, read-only; NULL where it is not there, or not the one that is
 * mapped (replaced by an upgrade, say). */
static void *map_file(const struct pyr__map *map, size_t *len) {
  struct stat about;
  void *data = MAP_FAILED;
  int fd = open(map->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat self;
  if (fd < 0 || fstat(fd, &about) != 0 || about.st_ino != map->inode) {
    /* the program itself is there even when its path is not */
    if (fd >= 0)
      close(fd);
    fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &self) != 0 || self.st_ino != map->inode)
      goto out;
    about = self;
  }
  if (S_ISREG(about.st_mode) && about.st_size > 0 &&
      (uint64_t)about.st_size <= FILE_MAX) {
    *len = (size_t)about.st_size;
    data = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
  }
out:
  if (fd >= 0)
    close(fd);
  return data == MAP_FAILED ? NULL : data;
}

/* "do_work.constprop.0" is what the compiler made of do_work. */
static pyr_str_t plain_name(const char *name) {
  const char *dot = strchr(name + 1, '.');
  return (pyr_str_t){name, dot == NULL ? strlen(name) : (size_t)(dot - name)};
}

/* "[libz.so.1.2.13]" for what a stripped library does not name: better one line
 * for all of it than one for each address.  "[vdso]" is called that already,
 * and code that belongs to nothing has its address only. */
static void name_by_map(struct pyr__symbol *symbols, size_t count,
                        const struct pyr__map *map,
                        struct pyr__strings *strings) {
  const char *slash = strrchr(map->path, '/');
  char text[NAME_MAX + 3];
  uint32_t name;
  size_t i;
  if (count == 0 || map->path[0] == '\0')
    return;
  snprintf(text, sizeof(text), map->path[0] == '[' ? "%s" : "[%s]",
           slash != NULL ? slash + 1 : map->path);
  name = pyr__strings_id(strings, pyr__str(text));
  for (i = 0; i < count; i++)
    symbols[i].name = name;
}

static void find_in_file(struct pyr__symbol *symbols, size_t count,
                         const struct pyr__map *map, const struct pyr__elf *elf,
                         struct pyr__strings *strings) {
  struct search search = {
      pyr__arena_calloc(strings->arena, count, sizeof(struct wanted)), 0};
  size_t i;
  if (search.wanted == NULL) {
    strings->failed = 1;
    return;
  }
  for (i = 0; i < count; i++) {
    struct wanted *wanted = &search.wanted[search.count];
    if (pyr__elf_address(elf, symbols[i].address - map->start + map->offset,
                         &wanted->address) != 0)
      continue;
    wanted->symbol = &symbols[i];
    search.count++;
  }
  pyr__elf_each_function(elf, on_symbol, &search);
  for (i = 0; i < search.count; i++)
    if (search.wanted[i].name != NULL)
      search.wanted[i].symbol->name =
          pyr__strings_id(strings, plain_name(search.wanted[i].name));
}

static void read_file(struct pyr__symbol *symbols, size_t count,
                      const struct pyr__map *map, struct pyr__map_symbols *file,
                      struct pyr__strings *strings) {
  char build_id[PYR__BUILD_ID_TEXT];
  struct pyr__elf elf;
  size_t len = 0;
  void *data;
  file->filename = pyr__strings_id(strings, pyr__str(map->path));
  name_by_map(symbols, count, map, strings);
  if (map->path[0] != '/' || map->inode == 0)
    return;
  data = map_file(map, &len);
  if (data == NULL)
    return;
  if (pyr__elf_init(&elf, data, len) == 0) {
    pyr__elf_build_id(&elf, build_id);
    file->build_id = pyr__strings_id(strings, pyr__str(build_id));
    find_in_file(symbols, count, map, &elf, strings);
    file->has_functions = 1;
  }
  munmap(data, len);
}

void pyr__symbols_find(struct pyr__symbol *symbols, size_t count,
                       const struct pyr__map *maps, size_t map_count,
                       struct pyr__map_symbols *files,
                       struct pyr__strings *strings) {
  size_t map, at = 0, end;
  for (at = 0; at < count; at++) {
    symbols[at].name = 0;
    symbols[at].map = PYR__NONE;
  }
  for (map = 0, at = 0; map < map_count; map++) {
    memset(&files[map], 0, sizeof(files[map]));
    while (at < count && symbols[at].address < maps[map].start)
      at++;
    for (end = at; end < count && symbols[end].address < maps[map].limit; end++)
      symbols[end].map = (uint32_t)map;
    read_file(symbols + at, end - at, &maps[map], &files[map], strings);
    at = end;
  }
}
