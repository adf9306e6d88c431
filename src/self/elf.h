/* What is read of an ELF file: symbols, the build id, and where a byte of the
 * file is in memory.  Every offset in the file is checked against its length.
 */
#ifndef PYR__SELF_ELF_H
#define PYR__SELF_ELF_H

#include <stddef.h>
#include <stdint.h>

struct pyr__elf {
  const uint8_t *data;
  size_t len;
};

enum { PYR__BUILD_ID_TEXT = 129 };

/* 0, or -1 where it is not an ELF file of this machine's word size. */
int pyr__elf_init(struct pyr__elf *elf, const void *data, size_t len);
/* The address, as symbols count, of the byte at `offset`; 0 or -1. */
int pyr__elf_address(const struct pyr__elf *elf, uint64_t offset,
                     uint64_t *out);
/* In hexadecimal; "" where there is none. */
void pyr__elf_build_id(const struct pyr__elf *elf,
                       char out[PYR__BUILD_ID_TEXT]);

struct pyr__elf_symbol {
  uint64_t address, size; /* size is not 0 */
  const char *name;       /* terminated, inside the file; not empty */
  int is_global;
};
/* Functions of .symtab, or of .dynsym where a file was stripped. */
void pyr__elf_each_function(const struct pyr__elf *elf,
                            void (*cb)(void *ctx,
                                       const struct pyr__elf_symbol *symbol),
                            void *ctx);

#endif
