/*
 * Looks up each line of standard input in an exported table by libmaxminddb, and prints one line of
 * zone, known, licensed, anonymised, disputed for it.
 */
#include <maxminddb.h>
#include <stdio.h>
#include <string.h>

static const char *const FIELDS[] = {"zone", "known", "licensed", "anonymised", "disputed"};

static int print_field(MMDB_entry_s *entry, const char *field) {
  MMDB_entry_data_s data;
  if (MMDB_get_value(entry, &data, field, NULL) != MMDB_SUCCESS || !data.has_data) return 0;
  if (data.type == MMDB_DATA_TYPE_UTF8_STRING) printf("%.*s ", (int)data.data_size, data.utf8_string);
  else if (data.type == MMDB_DATA_TYPE_BOOLEAN) printf("%d ", data.boolean);
  else return 0;
  return 1;
}

int main(int argc, char **argv) {
  MMDB_s mmdb;
  char line[64];
  if (argc < 2 || MMDB_open(argv[1], MMDB_MODE_MMAP, &mmdb) != MMDB_SUCCESS) return 1;
  while (fgets(line, sizeof line, stdin) != NULL) {
    int gai, error;
    line[strcspn(line, "\n")] = 0;
    MMDB_lookup_result_s result = MMDB_lookup_string(&mmdb, line, &gai, &error);
    if (gai != 0 || error != MMDB_SUCCESS || !result.found_entry) return 2;
    for (size_t at = 0; at < sizeof FIELDS / sizeof *FIELDS; at++)
      if (!print_field(&result.entry, FIELDS[at])) return 3;
    putchar('\n');
  }
  MMDB_close(&mmdb);
  return 0;
}
