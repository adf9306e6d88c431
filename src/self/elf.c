#include "self/elf.h"

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

typedef ElfW(Ehdr) header_t;
typedef ElfW(Phdr) segment_t;
typedef ElfW(Shdr) section_t;
typedef ElfW(Sym) symbol_t;
typedef ElfW(Nhdr) note_t;

#if UINTPTR_MAX == UINT64_MAX
#define NATIVE_CLASS ELFCLASS64
#define SYMBOL_TYPE  ELF64_ST_TYPE
#define SYMBOL_BIND  ELF64_ST_BIND
#else
#define NATIVE_CLASS ELFCLASS32
#define SYMBOL_TYPE  ELF32_ST_TYPE
#define SYMBOL_BIND  ELF32_ST_BIND
#endif

/* Copies, as nothing in a file is sure to be aligned. */
static int read_at(const struct pyr__elf *elf, uint64_t offset, void *out,
                   size_t size) {
  if (offset > elf->len || size > elf->len - offset)
    return -1;
  memcpy(out, elf->data + offset, size);
  return 0;
}

static header_t read_header(const struct pyr__elf *elf) {
  header_t header;
  memcpy(&header, elf->data, sizeof(header));
  return header;
}

int pyr__elf_init(struct pyr__elf *elf, const void *data, size_t len) {
  header_t header;
  *elf = (struct pyr__elf){data, len};
  if (read_at(elf, 0, &header, sizeof(header)) != 0 ||
      memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != NATIVE_CLASS ||
      header.e_phentsize != sizeof(segment_t) ||
      (header.e_shnum > 0 && header.e_shentsize != sizeof(section_t)))
    return -1;
  return 0;
}

static int read_segment(const struct pyr__elf *elf, const header_t *header,
                        unsigned index, segment_t *out) {
  if (index >= header->e_phnum || header->e_phoff > elf->len)
    return -1;
  return read_at(elf, header->e_phoff + (uint64_t)index * sizeof(*out), out,
                 sizeof(*out));
}

static int read_section(const struct pyr__elf *elf, const header_t *header,
                        unsigned index, section_t *out) {
  if (index >= header->e_shnum || header->e_shoff > elf->len)
    return -1;
  return read_at(elf, header->e_shoff + (uint64_t)index * sizeof(*out), out,
                 sizeof(*out));
}

int pyr__elf_address(const struct pyr__elf *elf, uint64_t offset,
                     uint64_t *out) {
  header_t header = read_header(elf);
  segment_t segment;
  unsigned i;
  for (i = 0; read_segment(elf, &header, i, &segment) == 0; i++) {
    if (segment.p_type == PT_LOAD && offset >= segment.p_offset &&
        offset - segment.p_offset < segment.p_filesz) {
      *out = segment.p_vaddr + (offset - segment.p_offset);
      return 0;
    }
  }
  return -1;
}

static uint64_t align4(uint64_t value) {
  return (value + 3) & ~(uint64_t)3;
}

/* The build id among the notes of one segment; 0 where it is there. */
static int find_build_id(const struct pyr__elf *elf, uint64_t at, uint64_t end,
                         char out[PYR__BUILD_ID_TEXT]) {
  while (at < end) {
    note_t note;
    uint8_t bytes[(PYR__BUILD_ID_TEXT - 1) / 2];
    char name[4];
    uint64_t content;
    size_t i;
    if (read_at(elf, at, &note, sizeof(note)) != 0)
      return -1;
    content = at + sizeof(note) + align4(note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(name) &&
        note.n_descsz <= sizeof(bytes) &&
        read_at(elf, at + sizeof(note), name, sizeof(name)) == 0 &&
        memcmp(name, "GNU", 4) == 0 &&
        read_at(elf, content, bytes, note.n_descsz) == 0) {
      for (i = 0; i < note.n_descsz; i++)
        snprintf(out + i * 2, 3, "%02x", bytes[i]);
      return 0;
    }
    at = content + align4(note.n_descsz);
  }
  return -1;
}

void pyr__elf_build_id(const struct pyr__elf *elf,
                       char out[PYR__BUILD_ID_TEXT]) {
  header_t header = read_header(elf);
  segment_t segment;
  unsigned i;
  out[0] = '\0';
  for (i = 0; read_segment(elf, &header, i, &segment) == 0; i++) {
    uint64_t size = segment.p_filesz;
    if (segment.p_type != PT_NOTE || segment.p_offset > elf->len)
      continue;
    if (size > elf->len - segment.p_offset)
      size = elf->len - segment.p_offset;
    if (find_build_id(elf, segment.p_offset, segment.p_offset + size, out) == 0)
      return;
  }
}

static int find_table(const struct pyr__elf *elf, const header_t *header,
                      uint32_t type, section_t *symbols, section_t *names) {
  unsigned i;
  for (i = 0; read_section(elf, header, i, symbols) == 0; i++) {
    if (symbols->sh_type != type || symbols->sh_entsize != sizeof(symbol_t))
      continue;
    if (read_section(elf, header, symbols->sh_link, names) == 0 &&
        symbols->sh_offset <= elf->len &&
        symbols->sh_size <= elf->len - symbols->sh_offset &&
        names->sh_offset <= elf->len &&
        names->sh_size <= elf->len - names->sh_offset)
      return 0;
  }
  return -1;
}

/* NULL where the name is not whole, or empty. */
static const char *name_at(const struct pyr__elf *elf, const section_t *names,
                           uint64_t offset) {
  const char *name;
  if (offset >= names->sh_size)
    return NULL;
  name = (const char *)elf->data + names->sh_offset + offset;
  return memchr(name, '\0', names->sh_size - offset) != NULL && name[0] != '\0'
             ? name
             : NULL;
}

void pyr__elf_each_function(const struct pyr__elf *elf,
                            void (*cb)(void *ctx,
                                       const struct pyr__elf_symbol *symbol),
                            void *ctx) {
  header_t header = read_header(elf);
  section_t symbols, names;
  uint64_t at;
  if (find_table(elf, &header, SHT_SYMTAB, &symbols, &names) != 0 &&
      find_table(elf, &header, SHT_DYNSYM, &symbols, &names) != 0)
    return;
  for (at = 0; at + sizeof(symbol_t) <= symbols.sh_size;
       at += sizeof(symbol_t)) {
    struct pyr__elf_symbol found;
    symbol_t symbol;
    unsigned type;
    if (read_at(elf, symbols.sh_offset + at, &symbol, sizeof(symbol)) != 0)
      return;
    type = SYMBOL_TYPE(symbol.st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC) ||
        symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0)
      continue;
    found.name = name_at(elf, &names, symbol.st_name);
    if (found.name == NULL)
      continue;
    found.address = symbol.st_value;
    found.size = symbol.st_size;
    found.is_global = SYMBOL_BIND(symbol.st_info) != STB_LOCAL;
    cb(ctx, &found);
  }
}
