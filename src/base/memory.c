#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct block {
  size_t size;
  enum pyr__purpose purpose;
} __attribute__((aligned(16)));

static void *libc_malloc(void *ctx, size_t size) {
  (void)ctx;
  return malloc(size);
}

static void *libc_realloc(void *ctx, void *ptr, size_t size) {
  (void)ctx;
  return realloc(ptr, size);
}

static void libc_free(void *ctx, void *ptr) {
  (void)ctx;
  free(ptr);
}

void pyr__memory_init(struct pyr__memory *memory, const pyr_alloc_t *alloc) {
  memset(memory, 0, sizeof(*memory));
  if (alloc != NULL && alloc->malloc != NULL && alloc->realloc != NULL &&
      alloc->free != NULL)
    memory->alloc = *alloc;
  else
    memory->alloc = (pyr_alloc_t){libc_malloc, libc_realloc, libc_free, NULL};
}

const char *pyr__purpose_room(enum pyr__purpose purpose) {
  static const char *const rooms[] = {
#define X(name, room, purpose) room,
      PYR__PURPOSES(X)
#undef X
  };
  return rooms[purpose];
}

const char *pyr__purpose_name(enum pyr__purpose purpose) {
  static const char *const names[] = {
#define X(name, room, purpose) purpose,
      PYR__PURPOSES(X)
#undef X
  };
  return names[purpose];
}

static void account_add(struct pyr__memory *memory, const struct block *block) {
  struct pyr__account *account = &memory->accounts[block->purpose];
  account->used_bytes += block->size;
  account->used_blocks++;
  account->allocated_bytes += block->size;
  account->allocated_blocks++;
}

static void account_remove(struct pyr__memory *memory, size_t size,
                           enum pyr__purpose purpose) {
  memory->accounts[purpose].used_bytes -= size;
  memory->accounts[purpose].used_blocks--;
}

static bool is_secret(enum pyr__purpose purpose) {
  return purpose == PYR__MEM_NET_SECRETS || purpose == PYR__MEM_CONFIG_TREE ||
         purpose == PYR__MEM_CONFIG_VALUES;
}

void *pyr__alloc(struct pyr__memory *memory, enum pyr__purpose purpose,
                 size_t size) {
  return pyr__realloc(memory, purpose, NULL, size, 1);
}

void *pyr__calloc(struct pyr__memory *memory, enum pyr__purpose purpose,
                  size_t count, size_t size) {
  void *ptr = pyr__realloc(memory, purpose, NULL, count, size);
  if (ptr != NULL)
    memset(ptr, 0, count * size);
  return ptr;
}

/* No copy may stay where the block was. */
static struct block *move_secret(struct pyr__memory *memory,
                                 struct block *before, size_t total) {
  struct block *block = memory->alloc.malloc(memory->alloc.ctx, total);
  size_t size = sizeof(*before) + before->size;
  if (block == NULL)
    return NULL;
  memcpy(block, before, size < total ? size : total);
  explicit_bzero(before, size);
  memory->alloc.free(memory->alloc.ctx, before);
  return block;
}

static struct block *resize(struct pyr__memory *memory, struct block *before,
                            size_t total) {
  if (before == NULL)
    return memory->alloc.malloc(memory->alloc.ctx, total);
  if (is_secret(before->purpose))
    return move_secret(memory, before, total);
  return memory->alloc.realloc(memory->alloc.ctx, before, total);
}

void *pyr__realloc(struct pyr__memory *memory, enum pyr__purpose purpose,
                   void *ptr, size_t count, size_t size) {
  struct block *block = ptr == NULL ? NULL : (struct block *)ptr - 1;
  struct block before = block == NULL ? (struct block){0} : *block;
  size_t total;

  if (__builtin_mul_overflow(count, size, &total) ||
      __builtin_add_overflow(total, sizeof(*block), &total))
    return NULL;
  block = resize(memory, block, total);
  if (block == NULL)
    return NULL;
  if (ptr != NULL)
    account_remove(memory, before.size, before.purpose);
  block->size = total - sizeof(*block);
  block->purpose = purpose;
  account_add(memory, block);
  return block + 1;
}

void pyr__free(struct pyr__memory *memory, void *ptr) {
  struct block *block;
  if (ptr == NULL)
    return;
  block = (struct block *)ptr - 1;
  account_remove(memory, block->size, block->purpose);
  if (is_secret(block->purpose))
    explicit_bzero(ptr, block->size);
  memory->alloc.free(memory->alloc.ctx, block);
}

char *pyr__copy_text(struct pyr__memory *memory, enum pyr__purpose purpose,
                     pyr_str_t text) {
  char *copy = pyr__alloc(memory, purpose, text.len + 1);
  if (copy == NULL)
    return NULL;
  memcpy(copy, text.base, text.len);
  copy[text.len] = '\0';
  return copy;
}
