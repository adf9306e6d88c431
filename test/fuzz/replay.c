/* Runs a harness over the files of a folder, so that what fuzzing has found is
 * tried again in every build, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path) {
  struct stat stat_buffer;
  FILE *file = fopen(path, "rb");
  uint8_t *data = NULL;
  int rc = -1;

  if (file == NULL)
    return -1;
  if (fstat(fileno(file), &stat_buffer) == 0 && S_ISREG(stat_buffer.st_mode)) {
    size_t size = (size_t)stat_buffer.st_size;
    /* Exactly its size, so that one byte too far is seen. */
    data = (uint8_t *)malloc(size == 0 ? 1 : size);
    if (data != NULL && fread(data, 1, size, file) == size)
      rc = LLVMFuzzerTestOneInput(data, size);
  }
  free(data);
  fclose(file);
  return rc;
}

static int replay_folder(const char *folder, unsigned *count) {
  struct dirent *entry;
  char path[4096];
  int rc = 0;
  DIR *dir = opendir(folder);

  if (dir == NULL)
    return -1;
  for (entry = readdir(dir); entry != NULL && rc == 0; entry = readdir(dir)) {
    if (entry->d_name[0] == '.')
      continue;
    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
    rc = replay_file(path);
    if (rc != 0)
      fprintf(stderr, "%s failed\n", path);
    *count += 1;
  }
  closedir(dir);
  return rc;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  int i;
  for (i = 1; i < argc; i++) {
    if (replay_folder(argv[i], &count) != 0) {
      fprintf(stderr, "%s: cannot be replayed\n", argv[i]);
      return 1;
    }
  }
  printf("%u inputs replayed\n", count);
  return count == 0; /* an empty corpus tests nothing */
}
