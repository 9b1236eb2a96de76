/* Replaces the kubelet in tests with real processes: waits forever, or prints its version for --version. With --huge it
 * sets its command line to one gigabyte of lazily mapped memory. Linux allows this to any unprivileged process
 * (prctl(2),
 * PR_SET_MM_MAP). */
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static int claim_huge_command_line(void) {
  const unsigned long size = 1UL << 30;
  char *text = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (text == MAP_FAILED) return 1;
  struct prctl_mm_map map = {0};
  unsigned long long value[13];
  char line[1024], *field;
  int at = 0;
  FILE *stat = fopen("/proc/self/stat", "r");
  if (!stat || !fgets(line, sizeof line, stat)) return 1;
  fclose(stat);
  field = strtok(strrchr(line, ')') + 2, " ");
  /* Field numbers of proc_pid_stat(5). The field after the name is 3 (state). */
  for (int number = 3; field; number++, field = strtok(NULL, " ")) {
    if (number == 26 || number == 27 || number == 28 || (number >= 45 && number <= 51)) {
      if (sscanf(field, "%llu", &value[at++]) != 1) return 1;
    }
  }
  map.start_code = value[0], map.end_code = value[1], map.start_stack = value[2];
  map.start_data = value[3], map.end_data = value[4], map.start_brk = map.brk = value[5];
  map.arg_start = (unsigned long)text, map.arg_end = (unsigned long)text + size;
  map.env_start = value[8], map.env_end = value[9];
  map.exe_fd = -1;
  strcpy(text, "/usr/bin/kubelet");
  return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}

/* Uses as much memory and CPU as a real kubelet for --version: 62 MB and about 38 ms. Measured on kubelet 1.34. */
static int print_version(void) {
  const size_t size = 62UL << 20;
  volatile char *memory = malloc(size);
  for (size_t at = 0; memory && at < size; at += 4096) memory[at] = 1;
  while (clock() < 38 * (CLOCKS_PER_SEC / 1000)) continue;
  return puts("Kubernetes v1.34.2-eks-ecaa3a6") < 0;
}

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "--version")) return print_version();
  if (count > 1 && !strcmp(arguments[1], "--huge") && claim_huge_command_line() != 0) return perror("prctl"), 1;
  for (;;) pause();
}
