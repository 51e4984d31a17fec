// Gives a container's process number to another process while `exec` is on its way in: it has seen the container run and is about
// to open its pid namespace by that number.
// Usage: reuse RUNTIME STATE BUNDLE ID PROGRAM...: runs the container, executes PROGRAM in it, and ends as `exec` does.
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

/// Runs `command` until it is about to open `path`.
static pid_t run_until_open(char **command, const char *path) {
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
      fprintf(stderr, "exec never opened %s\n", path);
      exit(FAILED);
    }
    signal = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    struct __ptrace_syscall_info call;
    if (WSTOPSIG(status) != (SIGTRAP | 0x80) || ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call) <= 0) continue;
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || call.entry.nr != SYS_openat) continue;
    char seen[256] = "";
    struct iovec here = {seen, strlen(path) + 1}, there = {(void *)call.entry.args[1], strlen(path) + 1};
    if (process_vm_readv(child, &here, 1, &there, 1, 0) > 0 && strcmp(seen, path) == 0) return child;
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

int main(int count, char **words) {
  if (count < 6 || count > WORDS) return FAILED;
  char pid_file[4096], namespace[64], *command[WORDS + 4] = {words[1], "--root", words[2], "exec"};
  snprintf(pid_file, sizeof pid_file, "%s/pid", words[3]);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) fail("prctl");
  for (int i = 4; i < count; i++) command[i] = words[i];

  pid_t pid = run_detached(words + 1, pid_file);
  unsigned long long started = start_time(pid);
  snprintf(namespace, sizeof namespace, "/proc/%d/ns/pid", (int)pid);
  pid_t exec = run_until_open(command, namespace);

  int status;
  if (kill(pid, SIGKILL) || waitpid(pid, &status, 0) != pid) fail("the container's end");
  take_number(pid, started);
  if (ptrace(PTRACE_DETACH, exec, 0, 0) || waitpid(exec, &status, 0) != exec) fail("exec's end");
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}
