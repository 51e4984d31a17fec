#include "CUnwind.h"

// Two things that Swift's runtime finds out at each start before `main`, with seventeen system calls, and that a static program
// knows already. As in unwind.c, these definitions are taken before the archive's. Programs for debugging keep their own.
#ifndef DEBUG

static int argument_count;
static char **arguments;

/// The C library hands them to every constructor.
__attribute__((constructor)) static void keep_arguments(int count, char **words) {
  argument_count = count;
  arguments = words;
}

/// What `CommandLine` asks. Swift's own object looks through `/proc/self/maps` for the stack, and is not linked any more.
__attribute__((used)) char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
  *count = argument_count;
  return arguments;
}

/// The same object's other function.
__attribute__((used)) void _swift_stdlib_overrideUnsafeArgvArgc(char **words, int count) {
  arguments = words;
  argument_count = count;
}

/// The path of a program of Swift's tools, here of the one that shows where a program has crashed: there are none beside a
/// static program, and nobody needs to look in eight places for it.
__attribute__((used)) char *swift_copyAuxiliaryExecutablePath(const char *name) {
  (void)name;
  return 0;
}

#endif
