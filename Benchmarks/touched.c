// Runs a command and the processes that it makes, and prints which functions of its program run and which of its variables
// they change, in the order in which they first do: for scripts/order-functions.
// Usage: nm -n --defined-only PROGRAM | touched PROGRAM ARG...; the list goes to 3.
//
// A breakpoint stands at the beginning of every function; each is met once. Variables that begin as zeros are looked at then:
// those that are none any more have been changed. Linux on x86-64.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 1 << 18, BREAKPOINT = 0xcc };
static struct function { unsigned long start; char *name; unsigned char code; int seen; } functions[MOST];
static struct function variables[MOST];
static char *order[2 * MOST];
static int count, variable_count, seen;

static void read_symbols(void) {
  unsigned long start;
  char kind, name[8192];
  while (count < MOST && scanf("%lx %c %8191[^\n]", &start, &kind, name) == 3)
    if (strchr("tTwWi", kind)) functions[count++] = (struct function){start, strdup(name), 0, 0};
    else if (strchr("bB", kind) && start > 1 << 20)  // Not those of a thread, which have offsets instead.
      variables[variable_count++] = (struct function){start, strdup(name), 0, 0};
}

/// Notes the variables that are no zeros any more.
static void look_at_variables(int memory) {
  static unsigned char bytes[1 << 24];
  if (variable_count < 2) return;
  unsigned long from = variables[0].start, to = variables[variable_count - 1].start;
  if (to - from > sizeof bytes || pread(memory, bytes, to - from, from) != (ssize_t)(to - from)) return;
  for (int i = 0; i + 1 < variable_count; i++)
    for (unsigned long at = variables[i].start; !variables[i].seen && at < variables[i + 1].start; at++)
      if (bytes[at - from]) variables[i].seen = 1, order[seen++] = variables[i].name;
}

static int memory_of(pid_t process) {
  char path[32];
  sprintf(path, "/proc/%d/mem", (int)process);
  return open(path, O_RDWR | O_CLOEXEC);
}

static void set_breakpoints(pid_t process) {
  static const unsigned char breakpoint = BREAKPOINT;
  int memory = memory_of(process);
  for (int i = 0; i < count; i++)
    if (i == 0 || functions[i].start != functions[i - 1].start) {
      if (pread(memory, &functions[i].code, 1, functions[i].start) != 1) exit(2);
      if (pwrite(memory, &breakpoint, 1, functions[i].start) != 1) exit(2);
    }
  close(memory);
}

/// Notes the functions at the breakpoint that the process has met, and takes it away.
static int meet(pid_t process) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, process, 0, &registers)) return 0;
  unsigned long at = registers.rip - 1;
  int low = 0, high = count;
  while (low < high) {
    int middle = (low + high) / 2;
    if (functions[middle].start < at) low = middle + 1; else high = middle;
  }
  if (low == count || functions[low].start != at) return 0;
  int memory = memory_of(process);
  if (pwrite(memory, &functions[low].code, 1, at) != 1) exit(2);
  look_at_variables(memory);
  close(memory);
  registers.rip = at;
  ptrace(PTRACE_SETREGS, process, 0, &registers);
  for (int i = low; i < count && functions[i].start == at; i++)
    if (!functions[i].seen) functions[i].seen = 1, order[seen++] = functions[i].name;
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  read_symbols();
  pid_t first = fork();
  if (first == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv(argv[1], argv + 1);
    _exit(127);
  }
  int status, result = 1;
  waitpid(first, &status, 0);
  ptrace(PTRACE_SETOPTIONS, first, 0, PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC);
  ptrace(PTRACE_CONT, first, 0, 0);
  for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      if (pid == first) result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
      continue;
    }
    int stop = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_EXEC && pid != first) {
      ptrace(PTRACE_DETACH, pid, 0, 0);  // Another program.
      continue;
    }
    if (event == PTRACE_EVENT_EXEC) set_breakpoints(pid);
    int ours = event || stop == SIGSTOP || (stop == SIGTRAP && meet(pid));
    ptrace(PTRACE_CONT, pid, 0, ours ? 0 : stop);
  }
  FILE *list = fdopen(3, "w");
  if (!list) return 2;
  for (int i = 0; i < seen; i++) fprintf(list, "%s\n", order[i]);
  return fclose(list) ? 2 : result;
}
