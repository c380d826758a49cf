/* How long does libmaxminddb take for a list of addresses as text? Prints the median of rounds, in nanoseconds per address, as JSON. */
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9
#define MOST 200000

static char *addresses[MOST];

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  MMDB_s mmdb;
  char line[64];
  double rounds[ROUNDS];
  long count = 0, found = 0;
  if (argc < 3 || MMDB_open(argv[1], MMDB_MODE_MMAP, &mmdb) != MMDB_SUCCESS) return 1;
  FILE *list = fopen(argv[2], "r");
  if (list == NULL) return 1;
  while (count < MOST && fgets(line, sizeof line, list) != NULL) {
    line[strcspn(line, "\n")] = 0;
    addresses[count++] = strdup(line);
  }
  for (int round = 0; round < ROUNDS; round++) {
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long n = 0; n < count; n++) {
      int gai, error;
      MMDB_entry_data_s data;
      MMDB_lookup_result_s result = MMDB_lookup_string(&mmdb, addresses[n], &gai, &error);
      if (gai == 0 && result.found_entry && MMDB_get_value(&result.entry, &data, "country_code", NULL) == MMDB_SUCCESS &&
          data.has_data)
        found++;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    rounds[round] = ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / count;
  }
  qsort(rounds, ROUNDS, sizeof *rounds, ascending);
  printf("{\"value\": %.2f, \"least\": %.2f, \"most\": %.2f, \"found\": %ld}\n", rounds[ROUNDS / 2], rounds[0],
         rounds[ROUNDS - 1], found / ROUNDS);
  return 0;
}
