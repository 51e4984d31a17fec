// Stops a runtime between two of its steps and does there what else would be a race.
//
// Usage: between number RUNTIME STATE BUNDLE ID PROGRAM...: runs the container and executes PROGRAM in it; once `exec` has seen the
// container run and is about to open its pid namespace by its number, the container ends and its number is another process's.
// Usage: between maps RUNTIME ARG...: before RUNTIME writes the maps of a user namespace, the process that waits for them comes as far
// as it can.
// Ends as `exec`, or RUNTIME, does.
#define _GNU_SOURCE
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAILED = 99, WORDS = 32 };

static void fail(const char *what) {
  perror(what);
  exit(FAILED);
}

static unsigned long long start_time(pid_t pid) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *file = fopen(path, "re");
  if (!file || !fgets(line, sizeof line, file)) fail(path);
  fclose(file);
  unsigned long long time;
  // The name may have spaces; field 22 is the twentieth behind it.
  char *rest = strrchr(line, ')');
  if (!rest || sscanf(rest + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &time) != 1)
    fail("stat");
  return time;
}

static pid_t run_detached(char **words, const char *pid_file) {
  char *command[] = {words[0], "--root", words[1], "run", "--detach", "--bundle", words[2], "--pid-file", (char *)pid_file,
                     words[3], 0};
  pid_t child = fork(), pid = 0;
  if (child == 0) {
    execv(command[0], command);
    fail(command[0]);
  }
  int status;
  if (waitpid(child, &status, 0) != child || status) exit(FAILED);
  FILE *file = fopen(pid_file, "re");
  if (!file || fscanf(file, "%d", &pid) != 1) fail(pid_file);
  fclose(file);
  return pid;
}

/// Whether `path` is `/proc/NUMBER` and `name`; any number if it is 0, which is set then.
static int is_of_process(const char *path, pid_t *number, const char *name) {
  int end = 0;
  pid_t seen;
  if (sscanf(path, "/proc/%d%n", &seen, &end) != 1 || strcmp(path + end, name) || (*number && *number != seen)) return 0;
  *number = seen;
  return 1;
}

/// Runs `command` until it is about to open a file of the process `number`.
static pid_t run_until_open(char **command, pid_t *number, const char *name) {
  pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv(command[0], command);
    fail(command[0]);
  }
  int status;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) fail("exec");
  if (ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC)) fail("ptrace");
  for (int signal = 0;;) {
    if (ptrace(PTRACE_SYSCALL, child, 0, signal) || waitpid(child, &status, 0) != child) fail("ptrace");
    if (!WIFSTOPPED(status)) {
      fprintf(stderr, "%s was never opened\n", name);
      exit(FAILED);
    }
    signal = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    struct __ptrace_syscall_info call;
    if (WSTOPSIG(status) != (SIGTRAP | 0x80) || ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call) <= 0) continue;
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || call.entry.nr != SYS_openat) continue;
    // Short of the end of the page, behind which there may be nothing.
    char seen[65] = "";
    unsigned long from = call.entry.args[1], rest = 4096 - from % 4096;
    struct iovec here = {seen, sizeof seen - 1}, there = {(void *)from, rest < sizeof seen - 1 ? rest : sizeof seen - 1};
    if (process_vm_readv(child, &here, 1, &there, 1, 0) > 0 && is_of_process(seen, number, name)) return child;
  }
}

/// Makes a process that has the number `pid` and waits for its end.
static void take_number(pid_t pid, unsigned long long not_started_at) {
  for (;;) {
    struct clone_args how = {.exit_signal = SIGCHLD, .set_tid = (unsigned long)&pid, .set_tid_size = 1};
    long made = syscall(SYS_clone3, &how, sizeof how);
    if (made == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      for (;;) pause();
    }
    if (made != pid) fail("clone3");
    // Two that start within the same tick cannot be told apart; nothing of the container's lasts that short.
    if (start_time(pid) != not_started_at) return;
    kill(pid, SIGKILL);
    waitpid(pid, 0, 0);
  }
}

/// Waits until the process sleeps or has ended. It sleeps nowhere but where it waits for its maps.
static void wait_until_still(pid_t pid) {
  for (int still = 0; still < 20; usleep(2000)) {
    char path[64], line[1024], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file && fgets(line, sizeof line, file)) sscanf(strrchr(line, ')') + 1, " %c", &state);
    if (file) fclose(file);
    still = strchr("SZX", state) ? still + 1 : 0;
  }
}

static int end_of(pid_t traced) {
  int status;
  if (ptrace(PTRACE_DETACH, traced, 0, 0) || waitpid(traced, &status, 0) != traced) fail("the runtime's end");
  return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

static int with_late_maps(char **command) {
  pid_t waiting = 0, runtime = run_until_open(command, &waiting, "/gid_map");
  wait_until_still(waiting);
  return end_of(runtime);
}

static int with_number_of_another(char **words, int count) {
  char pid_file[4096], *command[WORDS + 4] = {words[0], "--root", words[1], "exec"};
  snprintf(pid_file, sizeof pid_file, "%s/pid", words[2]);
  for (int i = 3; i < count; i++) command[i + 1] = words[i];
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) fail("prctl");
  pid_t pid = run_detached(words, pid_file);
  unsigned long long started = start_time(pid);
  pid_t exec = run_until_open(command, &pid, "/ns/pid");
  int status;
  if (kill(pid, SIGKILL) || waitpid(pid, &status, 0) != pid) fail("the container's end");
  take_number(pid, started);
  int result = end_of(exec);
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
  return result;
}

int main(int count, char **words) {
  if (count > 2 && count < WORDS && strcmp(words[1], "maps") == 0) return with_late_maps(words + 2);
  if (count > 6 && count < WORDS && strcmp(words[1], "number") == 0) return with_number_of_another(words + 2, count - 2);
  return FAILED;
}
