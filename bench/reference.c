/* How far is the physical limit? The same table, the same texts and the same reading of an address, as one loop in C. Prints nanoseconds per address. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9
#define MOST 200000
#define DEEP 0xff
#define UNIFORM 0x80000000u
#define BUCKETS 1025

static char *addresses[MOST];
static uint8_t lengths[MOST];

/* The arrays of a table, in the order in which they are written: see c.mjs. */
static double *keys;
static uint32_t *deep_starts, *top;
static int32_t *bucket_index;
static uint16_t *page_of;
static uint8_t *pages, *deep_codes, *codes;
static long deep_length;

static int read_ipv4(const char *text, int length, uint32_t *address) {
  uint32_t value = 0;
  int at = 0;
  for (int part = 0; part < 4; part++) {
    unsigned octet = text[at++] - '0';
    if (octet > 9) return 0;
    for (int digits = 1; at < length && digits < 3 && (unsigned)(text[at] - '0') <= 9; digits++) {
      if (octet == 0) return 0;
      octet = octet * 10 + (text[at++] - '0');
    }
    if (octet > 255 || (part < 3 && text[at++] != '.')) return 0;
    value = value << 8 | octet;
  }
  *address = value;
  return at == length;
}

static int8_t digit_of[256];

/* Full form and one gap; the corpus has no dotted tails. */
static int read_ipv6(const char *text, int length, uint16_t *groups) {
  int count = 0, gap = -1, at = 0;
  if (length > 1 && text[0] == ':' && text[1] == ':') gap = 0, at = 2;
  while (at < length) {
    int group = 0, start = at, digit;
    while (at < length && (digit = digit_of[(uint8_t)text[at]]) >= 0) group = group << 4 | digit, at++;
    if (at == start || at - start > 4 || count == 8) return 0;
    groups[count++] = group;
    if (at == length) break;
    if (text[at++] != ':' || at == length) return 0;
    if (text[at] == ':') {
      if (gap >= 0) return 0;
      gap = count;
      at++;
    }
  }
  if (gap < 0) return count == 8;
  if (count == 8) return 0;
  memmove(groups + 8 - (count - gap), groups + gap, (count - gap) * sizeof *groups);
  memset(groups + gap, 0, (8 - count) * sizeof *groups);
  return 1;
}

static int locate_ipv4(uint32_t address) {
  uint8_t code = pages[page_of[address >> 16] << 8 | (address >> 8 & 0xff)];
  if (code != DEEP) return code;
  long low = 0, high = deep_length - 1;
  while (low < high) {
    long middle = (low + high + 1) / 2;
    if (deep_starts[middle] <= address) low = middle;
    else high = middle - 1;
  }
  return deep_codes[low];
}

static int locate_ipv6(const uint16_t *groups) {
  uint32_t entry = top[groups[0]];
  if (entry >= UNIFORM) return entry & 0x7f;
  long bucket = (long)entry * BUCKETS + (groups[1] >> 6);
  long low = bucket_index[bucket], high = bucket_index[bucket + 1];
  uint64_t first = (uint32_t)groups[0] << 16 | groups[1], second = (uint32_t)groups[2] << 16 | groups[3];
  double key = (double)((first & 0x1fffff) << 32 | second);
  while (low < high) {
    long middle = (low + high + 1) / 2;
    if (keys[middle] <= key) low = middle;
    else high = middle - 1;
  }
  return codes[low];
}

static int locate(const char *text, int length) {
  uint32_t address;
  uint16_t groups[8];
  if (length <= 15 && read_ipv4(text, length, &address)) return locate_ipv4(address);
  return read_ipv6(text, length, groups) ? locate_ipv6(groups) : 0x7f;
}

static void *section(FILE *file, long *length) {
  uint32_t bytes;
  if (fread(&bytes, 4, 1, file) != 1) exit(2);
  void *all = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (fread(all, 1, bytes, file) != bytes) exit(2);
  if (length != NULL) *length = bytes;
  return all;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  char line[64];
  double rounds[ROUNDS];
  long count = 0, sum = 0;
  FILE *table = argc < 3 ? NULL : fopen(argv[1], "rb"), *list = argc < 3 ? NULL : fopen(argv[2], "r");
  if (table == NULL || list == NULL) return 1;
  keys = section(table, NULL), deep_starts = section(table, NULL), top = section(table, NULL);
  bucket_index = section(table, NULL), page_of = section(table, NULL), pages = section(table, NULL);
  deep_codes = section(table, &deep_length), codes = section(table, NULL);
  for (int unit = 0; unit < 256; unit++) {
    const char *found = unit == 0 ? NULL : strchr("0123456789abcdef", unit | (unit >= 'A' && unit <= 'F' ? 32 : 0));
    digit_of[unit] = found == NULL ? -1 : found - "0123456789abcdef";
  }
  while (count < MOST && fgets(line, sizeof line, list) != NULL) {
    line[strcspn(line, "\n")] = 0;
    lengths[count] = strlen(line);
    addresses[count++] = strdup(line);
  }
  for (int round = 0; round < ROUNDS; round++) {
    struct timespec from, to;
    sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long n = 0; n < count; n++) sum += locate(addresses[n], lengths[n]);
    clock_gettime(CLOCK_MONOTONIC, &to);
    rounds[round] = ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / count;
  }
  qsort(rounds, ROUNDS, sizeof *rounds, ascending);
  printf("{\"value\": %.2f, \"least\": %.2f, \"most\": %.2f, \"sum\": %ld}\n", rounds[ROUNDS / 2], rounds[0],
         rounds[ROUNDS - 1], sum);
  return 0;
}
