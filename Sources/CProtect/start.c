#include <fcntl.h>

#include "CProtect.h"
#include "calls.h"

// brig-runtime's first instruction (the Makefile's `-e brig_start`): a command that enters a container runs again from a
// protected file before this process has touched more than a few pages. Whatever goes wrong here is left to
// ProtectedExecutable in ContainerRuntime, which tries again, says why not, and lets nothing enter unprotected. So it is no
// matter of safety which words are taken for a command here: one too many costs a fraction of a millisecond.

BEFORE_LIBC static int equal(const char *left, const char *right) {
  while (*left && *left == *right) left++, right++;
  return *left == *right;
}

BEFORE_LIBC static int enters_container(char *const *words) {
  for (; *words; words++)
    if (equal(*words, "run") || equal(*words, "create") || equal(*words, "exec") || equal(*words, "monitor")) return 1;
  return 0;
}

/// Whether the program's file could be written once it no longer runs. What else the kernel may answer is judged in Swift.
BEFORE_LIBC static int is_exposed(void) {
  enum { TEXT_BUSY = 26, SEAL_WRITE = 8, GET_SEALS = 1034 };
  long file = call(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", O_WRONLY | O_CLOEXEC, 0, 0);
  if (file == -TEXT_BUSY) file = call(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", O_RDONLY | O_CLOEXEC, 0, 0);
  if (file < 0) return 0;
  // Only a file in memory has any.
  long seals = call(SYS_fcntl, file, GET_SEALS, 0, 0, 0);
  call(SYS_close, file, 0, 0, 0, 0);
  return seals < 0 || !(seals & SEAL_WRITE);
}

/// The first function that a start does not need: the last of scripts/brig-runtime.order, so that the linker puts all others
/// behind it.
__attribute__((naked, used, visibility("hidden"), section(".text.brig_cold"))) void brig_cold(void) { __asm__("ret"); }

extern const char etext[];

/// Has the kernel treat what a start does not need as a mapping of its own. Since Linux 6.18 a fault maps the whole piece of
/// the page cache around it, up to 2 MiB, but never beyond its mapping: without this a start maps, and unmaps, 3 MB of code
/// that it never runs, in each of its processes. The advice itself is of no importance: no core dump has program text in it.
BEFORE_LIBC static void set_cold_code_apart(void) {
  enum { DONT_DUMP = 16, LARGEST_PAGE = 65536 };
  long from = ((long)brig_cold + LARGEST_PAGE - 1) & -(long)LARGEST_PAGE, to = (long)etext & -(long)LARGEST_PAGE;
  if (from < to) call(SYS_madvise, from, to - from, DONT_DUMP, 0, 0);
}

/// - Parameter stack: What the kernel put on it: the count of arguments, the arguments, null, the environment, null.
BEFORE_LIBC __attribute__((used, visibility("hidden"))) void cprotect_start(long *stack) {
  long count = stack[0];
  char *const *words = (char *const *)(stack + 1);
  if (count >= 2 && enters_container(words + 1) && is_exposed()) cprotect_execute(words, words + count + 1);
  set_cold_code_apart();
}

/// Where the kernel starts this program: goes on at the C library's own beginning with everything as it was.
__attribute__((naked, used, visibility("default"))) void brig_start(void) {
#if defined(__x86_64__)
  __asm__(
      "xor %ebp, %ebp\n"
      "mov %rsp, %rbx\n"
      "mov %rdx, %r12\n"
      "mov %rsp, %rdi\n"
      "and $-16, %rsp\n"
      "call cprotect_start\n"
      "mov %rbx, %rsp\n"
      "mov %r12, %rdx\n"
      "jmp _start\n");
#elif defined(__aarch64__)
  __asm__(
      "mov x19, sp\n"
      "mov x20, x0\n"
      "mov x0, sp\n"
      "bl cprotect_start\n"
      "mov x0, x20\n"
      "mov sp, x19\n"
      "b _start\n");
#endif
}
