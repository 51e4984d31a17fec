// Seen from inside a container: a static program that says as one JSON object what its process is made of, and does
// what a test asks for. Usage: probe report | pause | exit N | call NUMBER... | eat MIB | keep FD
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static void text(const char *name, const char *value) {
  printf("  \"%s\": \"", name);
  for (; *value; value++) {
    unsigned char byte = *value;
    if (byte == '"' || byte == '\\') printf("\\%c", byte);
    else if (byte < 0x20 || byte > 0x7e) printf("\\u%04x", byte);
    else putchar(byte);
  }
  printf("\",\n");
}

static void number(const char *name, long long value) { printf("  \"%s\": %lld,\n", name, value); }

static void status_lines(void) {
  static const char *const wanted[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "Seccomp", "NoNewPrivs",
                                       "Uid", "Gid", "Groups", "NSpid", "Cpus_allowed_list", "Umask"};
  char line[8192];
  FILE *file = fopen("/proc/self/status", "re");
  if (!file) return;
  while (fgets(line, sizeof line, file)) {
    char *colon = strchr(line, ':');
    if (!colon) continue;
    *colon = 0;
    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
      if (strcmp(line, wanted[i])) continue;
      char *value = colon + 1, *end = value + strlen(value);
      while (isspace((unsigned char)*value)) value++;
      while (end > value && isspace((unsigned char)end[-1])) *--end = 0;
      text(wanted[i], value);
    }
  }
  fclose(file);
}

static void limits(void) {
  static const char *const names[RLIM_NLIMITS] = {"CPU",  "FSIZE",   "DATA",  "STACK", "CORE",       "RSS",    "NPROC",    "NOFILE",
                                                  "MEMLOCK", "AS",   "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};
  for (int i = 0; i < RLIM_NLIMITS; i++) {
    struct rlimit limit;
    char name[40], value[64];
    if (!names[i] || getrlimit(i, &limit)) continue;
    sprintf(name, "RLIMIT_%s", names[i]);
    sprintf(value, "%lld:%lld", (long long)limit.rlim_cur, (long long)limit.rlim_max);
    text(name, value);
  }
}

static void descriptors(void) {
  char list[2048] = "";
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(directory)) continue;
    if (strlen(list) + 8 < sizeof list) sprintf(list + strlen(list), "%s%s", *list ? " " : "", entry->d_name);
  }
  closedir(directory);
  text("fds", list);
}

static void devices(void) {
  char list[8192] = "";
  DIR *directory = opendir("/dev");
  if (!directory) return;
  for (struct dirent *entry; (entry = readdir(directory));) {
    struct stat status;
    if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW)) continue;
    if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) continue;
    if (strlen(list) + 300 > sizeof list) break;
    sprintf(list + strlen(list), "%s%s=%c%u:%u:%o:%u:%u", *list ? " " : "", entry->d_name, S_ISCHR(status.st_mode) ? 'c' : 'b',
            major(status.st_rdev), minor(status.st_rdev), status.st_mode & 07777, status.st_uid, status.st_gid);
  }
  closedir(directory);
  text("devices", list);
}

static void namespaces(void) {
  static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    char path[64], target[128], name[32];
    sprintf(path, "/proc/self/ns/%s", names[i]);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) continue;
    target[length] = 0;
    sprintf(name, "ns_%s", names[i]);
    text(name, target);
  }
}

static void file(const char *name, const char *path) {
  static char content[65536];
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = descriptor < 0 ? -1 : read(descriptor, content, sizeof content - 1);
  if (descriptor >= 0) close(descriptor);
  if (length < 0) return;
  while (length > 0 && content[length - 1] == '\n') length--;
  content[length] = 0;
  text(name, content);
}

static void report(void) {
  char path[4096];
  struct sched_param priority = {0};
  printf("{\n");
  number("pid", getpid());
  number("ppid", getppid());
  number("sid", getsid(0));
  number("uid", getuid());
  number("gid", getgid());
  text("cwd", getcwd(path, sizeof path) ? path : "");
  gethostname(path, sizeof path);
  text("hostname", path);
  if (getdomainname(path, sizeof path) == 0) text("domainname", path);
  for (int i = 0; i < 3; i++) printf("  \"tty%d\": %s,\n", i, isatty(i) ? "true" : "false");
  number("personality", personality(0xffffffff));
  number("scheduler", sched_getscheduler(0));
  sched_getparam(0, &priority);
  number("schedulerPriority", priority.sched_priority);
  number("nice", getpriority(PRIO_PROCESS, 0));
  number("ioprio", syscall(SYS_ioprio_get, 1, 0));
  number("dumpable", prctl(PR_GET_DUMPABLE));
  number("keyring", syscall(SYS_keyctl, 0, -3, 0));
  status_lines();
  limits();
  descriptors();
  devices();
  namespaces();
  file("cgroup", "/proc/self/cgroup");
  file("mounts", "/proc/self/mountinfo");
  file("oomScoreAdj", "/proc/self/oom_score_adj");
  file("apparmor", "/proc/self/attr/current");
  file("uidMap", "/proc/self/uid_map");
  file("gidMap", "/proc/self/gid_map");
  file("timeOffsets", "/proc/self/timens_offsets");
  printf("  \"environment\": {");
  for (char **entry = environ; *entry; entry++) {
    char *equals = strchr(*entry, '=');
    if (!equals) continue;
    printf("%s", entry == environ ? "\n" : ",\n");
    printf("    \"%.*s\": \"%s\"", (int)(equals - *entry), *entry, equals + 1);
  }
  printf("}\n}\n");
}

/* Executes a program to which one call does not exist, as on an older kernel. */
static int without(long call, char **program) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof code / sizeof *code, .filter = code};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) return 3;
  execv(program[0], program);
  return 4;
}

/* Says that it is ready, as sd_notify(3), in more than one message and with more than one word. */
static int notify(void) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!path || strlen(path) >= sizeof address.sun_path) return 3;
  strcpy(address.sun_path, path);
  int own = socket(AF_UNIX, SOCK_DGRAM, 0);
  const char *messages[] = {"STATUS=READY=1", "STATUS=up\nREADY=1\nX_Y=1"};
  for (int i = 0; i < 2; i++) {
    usleep(50000);
    if (sendto(own, messages[i], strlen(messages[i]), 0, (struct sockaddr *)&address, sizeof address) < 0) return 4;
  }
  for (;;) pause();
}

int main(int count, char **words) {
  const char *what = count > 1 ? words[1] : "report";
  if (!strcmp(what, "report")) report();
  else if (!strcmp(what, "pause")) {
    signal(SIGTERM, SIG_DFL);
    for (;;) pause();
  } else if (!strcmp(what, "without") && count > 3) return without(atol(words[2]), words + 3);
  else if (!strcmp(what, "notify")) return notify();
  else if (!strcmp(what, "exit") && count > 2) return atoi(words[2]);
  else if (!strcmp(what, "call") && count > 2) {
    long arguments[6] = {0};
    for (int i = 3; i < count && i < 9; i++) arguments[i - 3] = strtol(words[i], 0, 0);
    long answer = syscall(atol(words[2]), arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    printf("%ld\n", answer < 0 ? -(long)errno : answer);
  } else if (!strcmp(what, "eat") && count > 2) {
    size_t size = strtoul(words[2], 0, 0) << 20;
    char *room = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    puts(room == MAP_FAILED ? "refused" : "eaten");
  } else return 2;
  return fflush(stdout) ? 1 : 0;
}
