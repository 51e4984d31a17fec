// Runs commands in turn, many rounds, and prints the least and the middle time and the peak memory of each.
// Usage: compare ROUNDS FILE; each line of FILE is NAME COMMAND ARG...; `%` in a word becomes a number never used before.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONTESTANTS = 16, WORDS = 48 };

struct contestant {
  char *name, *words[WORDS];
  int failed;
  double *times;
  long peak;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static char *numbered(char *word) {
  static int serial;
  char *mark = strchr(word, '%'), *text;
  if (!mark) return word;
  if (asprintf(&text, "%.*s%d-%d%s", (int)(mark - word), word, (int)getpid(), serial++, mark + 1) < 0) exit(2);
  return text;
}

static void run(struct contestant *one, int round) {
  char *words[WORDS];
  for (int i = 0; i < WORDS; i++) words[i] = one->words[i] ? numbered(one->words[i]) : 0;
  double start = now();
  pid_t child = vfork();
  if (child == 0) {
    execvp(words[0], words);
    _exit(127);
  }
  int status;
  struct rusage usage;
  wait4(child, &status, 0, &usage);
  one->times[round] = now() - start;
  if (usage.ru_maxrss > one->peak) one->peak = usage.ru_maxrss;
  if (status) one->failed++;
}

int main(int argc, char **argv) {
  static struct contestant all[CONTESTANTS];
  static char line[4096];
  if (argc != 3) return 2;
  int rounds = atoi(argv[1]), count = 0;
  FILE *file = fopen(argv[2], "re");
  if (!file || rounds < 1) return 2;
  while (count < CONTESTANTS && fgets(line, sizeof line, file)) {
    struct contestant *one = &all[count];
    one->name = strtok(strdup(line), " \n");
    if (!one->name) continue;
    for (int i = 0; i < WORDS - 1 && (one->words[i] = strtok(0, " \n")); i++) {}
    one->times = calloc(rounds, sizeof *one->times);
    count++;
  }
  for (int round = 0; round < rounds; round++)
    for (int i = 0; i < count; i++) run(&all[(i + round) % count], round);
  printf("%-14s %9s %9s %9s %7s\n", "", "least ms", "median ms", "peak KiB", "failed");
  for (int i = 0; i < count; i++) {
    qsort(all[i].times, rounds, sizeof(double), ascending);
    printf("%-14s %9.2f %9.2f %9ld %7d\n", all[i].name, all[i].times[0], all[i].times[rounds / 2], all[i].peak, all[i].failed);
  }
  for (int i = 1; i < count; i++)
    printf("%s / %s: %.2f (least), %.2f (median)\n", all[0].name, all[i].name, all[0].times[0] / all[i].times[0],
           all[0].times[rounds / 2] / all[i].times[rounds / 2]);
  return 0;
}
