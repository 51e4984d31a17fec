// What the kernel itself takes for a container: only the calls that `run` of a static program in the bundle of `spec`
// cannot do without, on cgroup v1. Usage: floor ROOTFS PROGRAM
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const hierarchies[] = {"cpu",    "cpuacct", "cpuset", "memory", "devices",
                                          "freezer", "blkio",  "pids",   "systemd"};
enum { HIERARCHIES = sizeof hierarchies / sizeof *hierarchies };

static void check(long answer, const char *what) {
  if (answer != -1) return;
  perror(what);
  exit(1);
}

static void put(int directory, const char *path, const char *text) {
  int file = openat(directory, path, O_WRONLY | O_CLOEXEC);
  check(file, path);
  check(write(file, text, strlen(text)), path);
  close(file);
}

static void path_of(char *path, const char *hierarchy, pid_t id) {
  sprintf(path, "/sys/fs/cgroup/%s/floor-%d", hierarchy, (int)id);
}

static void make_groups(pid_t id) {
  char path[96], text[256];
  for (int i = 0; i < HIERARCHIES; i++) {
    path_of(path, hierarchies[i], id);
    check(mkdir(path, 0755), path);
    int group = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    check(group, path);
    if (!strcmp(hierarchies[i], "cpuset")) {  // a new group has neither, and takes no process without
      for (int k = 0; k < 2; k++) {
        const char *name = k ? "cpuset.mems" : "cpuset.cpus";
        char parent[96];
        sprintf(parent, "/sys/fs/cgroup/cpuset/%s", name);
        int file = open(parent, O_RDONLY | O_CLOEXEC);
        ssize_t length = read(file, text, sizeof text - 1);
        check(length, parent);
        text[length] = 0;
        close(file);
        put(group, name, text);
      }
    }
    if (!strcmp(hierarchies[i], "devices")) put(group, "devices.deny", "a");
    if (!strcmp(hierarchies[i], "devices")) {
      static const char *const allowed[] = {"c *:* m",   "b *:* m",     "c 1:3 rwm", "c 1:8 rwm", "c 1:7 rwm",
                                            "c 5:0 rwm", "c 1:5 rwm",   "c 1:9 rwm", "c 136:* rwm", "c 5:2 rwm"};
      for (unsigned k = 0; k < sizeof allowed / sizeof *allowed; k++) put(group, "devices.allow", allowed[k]);
    }
    put(group, "cgroup.procs", "0");
    close(group);
  }
}

static int new_mount(const char *type, const char *const *options, unsigned attributes) {
  int context = syscall(SYS_fsopen, type, 1);
  check(context, type);
  for (; options && *options; options += 2) check(syscall(SYS_fsconfig, context, 1, options[0], options[1], 0), *options);
  check(syscall(SYS_fsconfig, context, 6, 0, 0, 0), type);
  int mount = syscall(SYS_fsmount, context, 1, attributes);
  check(mount, type);
  close(context);
  return mount;
}

static void attach(int mount, int directory, const char *path) {
  check(syscall(SYS_move_mount, mount, "", directory, path, 4), path);
  close(mount);
}

static void bind_read_only(int directory, const char *path) {
  struct { unsigned long long set, clear, propagation, userns; } change = {1, 0, 0, 0};
  int mount = syscall(SYS_open_tree, directory, path, 1 | O_CLOEXEC | AT_RECURSIVE);
  if (mount < 0 && errno == ENOENT) return;
  check(mount, path);
  check(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change), path);
  attach(mount, directory, path);
}

enum { RO = 1, NOSUID = 2, NODEV = 4, NOEXEC = 8 };

static void mount_all(int root, pid_t id) {
  static const char *const dev[] = {"mode", "755", "size", "65536k", 0};
  static const char *const pts[] = {"newinstance", "", "ptmxmode", "0666", "mode", "0620", "gid", "5", 0};
  static const char *const shm[] = {"mode", "1777", "size", "65536k", 0};
  static const char *const view[] = {"mode", "755", 0};
  attach(new_mount("proc", 0, NOSUID | NODEV | NOEXEC), root, "proc");
  attach(new_mount("tmpfs", dev, NOSUID), root, "dev");
  check(mkdirat(root, "dev/pts", 0755) | mkdirat(root, "dev/shm", 0755) | mkdirat(root, "dev/mqueue", 0755), "dev");
  {
    int context = syscall(SYS_fsopen, "devpts", 1);
    check(context, "devpts");
    check(syscall(SYS_fsconfig, context, 0, pts[0], 0, 0), "newinstance");
    for (int i = 2; pts[i]; i += 2) check(syscall(SYS_fsconfig, context, 1, pts[i], pts[i + 1], 0), pts[i]);
    check(syscall(SYS_fsconfig, context, 6, 0, 0, 0), "devpts");
    attach(syscall(SYS_fsmount, context, 1, NOSUID | NOEXEC), root, "dev/pts");
    close(context);
  }
  attach(new_mount("tmpfs", shm, NOSUID | NODEV | NOEXEC), root, "dev/shm");
  attach(new_mount("mqueue", 0, NOSUID | NODEV | NOEXEC), root, "dev/mqueue");
  attach(new_mount("sysfs", 0, RO | NOSUID | NODEV | NOEXEC), root, "sys");
  attach(new_mount("tmpfs", view, NOSUID | NODEV | NOEXEC), root, "sys/fs/cgroup");
  for (int i = 0; i < HIERARCHIES; i++) {
    char source[96], target[96];
    path_of(source, hierarchies[i], id);
    sprintf(target, "sys/fs/cgroup/%s", hierarchies[i]);
    check(mkdirat(root, target, 0755), target);
    struct { unsigned long long set, clear, propagation, userns; } change = {RO | NOSUID | NODEV | NOEXEC, 0, 0, 0};
    int group = syscall(SYS_open_tree, AT_FDCWD, source, 1 | O_CLOEXEC);
    check(group, source);
    check(syscall(SYS_mount_setattr, group, "", AT_EMPTY_PATH, &change, sizeof change), source);
    attach(group, root, target);
  }
}

static void make_devices(int root) {
  static const struct { const char *path; int major, minor; } nodes[] = {
      {"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7}, {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
  static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"}, {"/proc/self/fd/0", "dev/stdin"},
      {"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"}, {"pts/ptmx", "dev/ptmx"}};
  for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++)
    check(mknodat(root, nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].path);
  for (unsigned i = 0; i < sizeof links / sizeof *links; i++) check(symlinkat(links[i][0], root, links[i][1]), links[i][1]);
}

static void mask(int root) {
  static const char *const files[] = {"proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list",
                                      "proc/timer_stats", "proc/sched_debug"};
  static const char *const directories[] = {"proc/acpi", "proc/asound", "sys/firmware", "proc/scsi"};
  static const char *const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    if (faccessat(root, files[i], F_OK, 0)) continue;
    attach(syscall(SYS_open_tree, root, "dev/null", 1 | O_CLOEXEC), root, files[i]);
  }
  int empty = -1;
  for (unsigned i = 0; i < sizeof directories / sizeof *directories; i++) {
    if (faccessat(root, directories[i], F_OK, 0)) continue;
    if (empty < 0) {
      attach(empty = new_mount("tmpfs", 0, RO), root, directories[i]);
      empty = openat(root, directories[i], O_PATH | O_CLOEXEC);
    } else {
      attach(syscall(SYS_open_tree, empty, "", 1 | O_CLOEXEC | AT_EMPTY_PATH), root, directories[i]);
    }
  }
  for (unsigned i = 0; i < sizeof read_only / sizeof *read_only; i++) bind_read_only(root, read_only[i]);
}

static void confine(void) {
  static const unsigned long long kept = 1ull << CAP_AUDIT_WRITE | 1ull << CAP_KILL | 1ull << CAP_NET_BIND_SERVICE;
  for (int cap = 0; cap <= 40; cap++)
    if (!(kept >> cap & 1)) check(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "PR_CAPBSET_DROP");
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{kept, kept, 0}, {0, 0, 0}};
  check(setgid(0) | setuid(0), "setuid");
  check(syscall(SYS_capset, &header, data), "capset");
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  struct sock_filter code[200];
  for (int i = 0; i < 199; i++)
    code[i] = i % 2 ? (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 100000 + i, 0, 0)
                    : (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
  code[199] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {200, code};
  check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

static void contain(const char *rootfs, char *program, pid_t id) {
  check(mount(0, "/", 0, MS_REC | MS_SLAVE, 0), "slave");
  int root = syscall(SYS_open_tree, AT_FDCWD, rootfs, 1 | O_CLOEXEC | AT_RECURSIVE);
  check(root, rootfs);
  check(syscall(SYS_move_mount, root, "", AT_FDCWD, rootfs, 4), rootfs);
  mount_all(root, id);
  make_devices(root);
  check(fchdir(root), rootfs);
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  check(umount2(".", MNT_DETACH), "umount");
  check(chdir("/"), "/");
  mask(root);
  struct { unsigned long long set, clear, propagation, userns; } change = {RO, 0, 0, 0};
  check(syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH, &change, sizeof change), "read-only root");
  check(sethostname("floor", 5), "hostname");
  struct rlimit files = {1024, 1024};
  check(setrlimit(RLIMIT_NOFILE, &files), "rlimit");
  check(setsid(), "setsid");
  check(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor"), "keyring");
  confine();
  check(syscall(SYS_close_range, 3, ~0u, 4), "close_range");
  char *argv[] = {program, 0}, *envp[] = {"PATH=/bin", 0};
  execve(program, argv, envp);
  check(-1, program);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  pid_t id = getpid();
  make_groups(id);
  struct clone_args how = {.flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS,
                           .exit_signal = SIGCHLD};
  pid_t child = syscall(SYS_clone3, &how, sizeof how);
  check(child, "clone3");
  if (!child) contain(argv[1], argv[2], id);
  int status;
  check(waitpid(child, &status, 0), "wait");
  for (int i = 0; i < HIERARCHIES; i++) {
    char path[96];
    sprintf(path, "/sys/fs/cgroup/%s/cgroup.procs", hierarchies[i]);
    put(AT_FDCWD, path, "0");
    path_of(path, hierarchies[i], id);
    check(rmdir(path), path);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
