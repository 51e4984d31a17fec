#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/memfd.h>
#include <linux/mount.h>
#include <sys/stat.h>

#include "CProtect.h"
#include "calls.h"

// A container's process can name the program that entered the container (/proc/PID/exe, or an entry point that is
// /proc/self/exe) and write to it once it is no longer running: CVE-2019-5736. So what enters runs from a file that nobody
// can write: through a private read-only overlay of the program's directory, or, where that cannot be had, from a sealed
// copy in memory. The overlay costs 0.05 ms and no memory; the copy costs as much as the program is large.
//
// This runs before the C library is set up (start.c), so that the first of the two starts is nearly free: a second start of
// the C library alone takes 0.2 ms in a virtual machine, where every CPUID is an exit to the host.

enum { PATH = 4096, ERROR_NOT_FOUND = 2, ERROR_INVALID = 22 };
#ifndef MFD_EXEC
#define MFD_EXEC 0x10u  // Newer than Debian 12's headers.
#endif

static const char self[] = "/proc/self/exe";

/// Splits the program's path, and writes the layers: its directory, and one that holds nothing a program is called. An
/// overlay without a writable layer needs two.
///
/// - Returns: Where the name begins, or 0 if the path cannot be given as an option.
BEFORE_LIBC static const char *split(const char *path, long length, char *layers) {
  static const char second[] = ":/sys/fs";
  long end = 0;
  if (path[0] != '/') return 0;
  for (long i = 0; i < length; i++) {
    if (path[i] == ':' || path[i] == '\\' || path[i] == 0) return 0;
    if (path[i] == '/') end = i + 1;
  }
  for (long i = 0; i < end; i++) layers[i] = path[i];
  for (long i = 0; i < (long)sizeof second; i++) layers[end + i] = second[i];
  return path + end;
}

BEFORE_LIBC static long set(int context, const char *key, const char *value) {
  return call(SYS_fsconfig, context, FSCONFIG_SET_STRING, (long)key, (long)value, 0);
}

/// - Returns: A descriptor of the running program in an overlay that only this process has, or a negative error number.
BEFORE_LIBC static long open_through_overlay(void) {
  char path[PATH + 1], layers[PATH + 16];
  struct stat found, running;
  long length = call(SYS_readlinkat, AT_FDCWD, (long)self, (long)path, PATH, 0);
  if (length < 0) return length;
  if (length == PATH) return -ERROR_INVALID;
  path[length] = 0;
  const char *name = split(path, length, layers);
  if (!name) return -ERROR_INVALID;

  int context = (int)call(SYS_fsopen, (long)"overlay", FSOPEN_CLOEXEC, 0, 0, 0);
  if (context < 0) return context;
  long answer = set(context, "source", "brig-runtime");
  if (answer >= 0) answer = set(context, "lowerdir", layers);
  if (answer >= 0) answer = call(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
  int mount = answer < 0 ? (int)answer
                         : (int)call(SYS_fsmount, context, FSMOUNT_CLOEXEC,
                                     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, 0, 0);
  call(SYS_close, context, 0, 0, 0, 0);
  if (mount < 0) return mount;
  long program = call(SYS_openat, mount, (long)name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, 0);
  // Closed by exec, like the program's own descriptor: the file that runs keeps the mount.
  if (program < 0) return program;
  // The name may have another file by now; only the very program that runs will do.
  answer = call(SYS_newfstatat, program, (long)"", (long)&found, AT_EMPTY_PATH, 0);
  if (answer >= 0) answer = call(SYS_newfstatat, AT_FDCWD, (long)self, (long)&running, 0, 0);
  if (answer < 0) return answer;
  if (!S_ISREG(found.st_mode) || found.st_ino != running.st_ino || found.st_size != running.st_size)
    return -ERROR_NOT_FOUND;
  return program;
}

/// - Returns: A descriptor of a sealed copy of the running program, or a negative error number.
BEFORE_LIBC static long copy_to_memory(void) {
  int copy = (int)call(SYS_memfd_create, (long)"brig-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC, 0, 0, 0);
  // Before Linux 6.3 every file in memory can be executed, and the flag is unknown.
  if (copy == -ERROR_INVALID)
    copy = (int)call(SYS_memfd_create, (long)"brig-runtime", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0);
  if (copy < 0) return copy;
  int program = (int)call(SYS_openat, AT_FDCWD, (long)self, O_RDONLY | O_CLOEXEC, 0, 0);
  if (program < 0) return program;
  long answer;
  while ((answer = call(SYS_sendfile, copy, program, 0, 1 << 30, 0)) > 0) {}
  if (answer >= 0)
    answer = call(SYS_fcntl, copy, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, 0, 0);
  return answer < 0 ? answer : copy;
}

BEFORE_LIBC long cprotect_execute(char *const *argv, char *const *envp) {
  long program = open_through_overlay();
  if (program < 0) program = copy_to_memory();
  if (program < 0) return program;
  return call(SYS_execveat, program, (long)"", (long)argv, (long)envp, AT_EMPTY_PATH);
}
