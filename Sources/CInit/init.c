#include "CInit.h"

// The first process of a container made with --init: `/sbin/docker-init -- PROGRAM ARGUMENT…`.
//
// Everything up to brig_init_code is one section that Engine copies into an ELF file of a page or two (InitProgram.swift).
// So nothing here may refer to what is elsewhere: no library, no constants in memory, no tables that a compiler makes of a
// switch. One function without optimization into which all others are put keeps it so, and EngineTests run the result.

#define SECTION __attribute__((section("brig_init"), used, no_stack_protector))
#define PART static inline __attribute__((always_inline))

#if defined(__x86_64__)
enum { NR_write = 1, NR_sigaction = 13, NR_sigprocmask = 14, NR_ioctl = 16, NR_getpid = 39, NR_clone = 56, NR_execve = 59, NR_wait4 = 61,
       NR_kill = 62, NR_setpgid = 109, NR_sigtimedwait = 128, NR_exit_group = 231 };

__attribute__((naked)) SECTION static void brig_init_start(void) {
    __asm__("xorl %ebp, %ebp\n\tmovq %rsp, %rdi\n\tandq $-16, %rsp\n\tcall brig_init_main\n\tud2");
}

PART long call(long number, long a, long b, long c, long d) {
    long result;
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = 0;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
                     : "rcx", "r11", "memory");
    return result;
}

#define TEXT(name, text) \
    const char *name; \
    __asm__("leaq 1f(%%rip), %0\n\tjmp 2f\n1:\t.asciz \"" text "\"\n2:" : "=r"(name))

#elif defined(__aarch64__)
enum { NR_ioctl = 29, NR_write = 64, NR_exit_group = 94, NR_kill = 129, NR_sigaction = 134, NR_sigprocmask = 135,
       NR_sigtimedwait = 137, NR_setpgid = 154, NR_getpid = 172, NR_clone = 220, NR_execve = 221, NR_wait4 = 260 };

__attribute__((naked)) SECTION static void brig_init_start(void) {
    __asm__("mov x29, #0\n\tmov x0, sp\n\tbl brig_init_main\n\tbrk #1");
}

PART long call(long number, long a, long b, long c, long d) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = 0;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}

#define TEXT(name, text) \
    const char *name; \
    __asm__("adr %0, 1f\n\tb 2f\n1:\t.asciz \"" text "\"\n\t.balign 4\n2:" : "=r"(name))

#else
#error "--init knows x86-64 and arm64"
#endif

enum { SIG_ILL = 4, SIG_TRAP = 5, SIG_ABRT = 6, SIG_BUS = 7, SIG_FPE = 8, SIG_SEGV = 11, SIG_CHLD = 17, SIG_TTIN = 21,
       SIG_TTOU = 22, SIG_SYS = 31 };
enum { SET_MASK = 2, NO_HANG = 1, SET_FOREGROUND = 0x5410, LONGEST_PATH = 4096 };
enum { NO_ENTRY = 2, INTERRUPTED = 4, NO_PERMISSION = 13, NOT_A_DIRECTORY = 20, NAME_TOO_LONG = 36 };

PART unsigned long bit(int signal) { return 1UL << (signal - 1); }

PART void setAction(int signal, long handler) {
    // The kernel's structure: handler, flags, restorer, mask; arm64 has the same order.
    volatile long action[4];
    action[0] = handler;
    action[1] = 0;
    action[2] = 0;
    action[3] = 0;
    call(NR_sigaction, signal, (long)action, 0, 8);
}

PART void put(char *line, int *length, const char *text) {
    for (int index = 0; text[index] != 0 && *length < 500; index++) line[(*length)++] = text[index];
}

/// Executes the program as execvp does: a name without a slash is looked for in PATH.
PART long executeProgram(char **arguments, char **environment) {
    const char *name = arguments[0];
    int hasSlash = 0;
    for (int index = 0; name[index] != 0; index++) {
        if (name[index] == '/') hasSlash = 1;
    }
    if (hasSlash) return call(NR_execve, (long)name, (long)arguments, (long)environment, 0);
    TEXT(path, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    for (char **entry = environment; *entry != 0; entry++) {
        char *text = *entry;
        if (text[0] == 'P' && text[1] == 'A' && text[2] == 'T' && text[3] == 'H' && text[4] == '=') path = text + 5;
    }
    char file[LONGEST_PATH];
    long worst = -NO_ENTRY;
    while (1) {
        int length = 0;
        while (*path != 0 && *path != ':') {
            if (length < LONGEST_PATH) file[length++] = *path;
            path++;
        }
        if (length > 0 && length < LONGEST_PATH) file[length++] = '/';
        for (int index = 0; name[index] != 0 && length < LONGEST_PATH; index++) file[length++] = name[index];
        if (length < LONGEST_PATH) {
            file[length] = 0;
            long error = call(NR_execve, (long)file, (long)arguments, (long)environment, 0);
            if (error != -NO_ENTRY && error != -NOT_A_DIRECTORY) worst = error;
            if (worst != -NO_ENTRY && worst != -NO_PERMISSION) return worst;
        } else {
            worst = -NAME_TOO_LONG;
        }
        if (*path == 0) return worst;
        path++;
    }
}

/// The child's part. A terminal's signals go to its group, so that it and not this process gets ^C.
PART void becomeProgram(char **arguments, char **environment) {
    call(NR_setpgid, 0, 0, 0, 0);
    int group = (int)call(NR_getpid, 0, 0, 0, 0);
    // Fails without a terminal, and then there is nothing to do.
    call(NR_ioctl, 0, SET_FOREGROUND, (long)&group, 0);
    setAction(SIG_TTIN, 0);
    setAction(SIG_TTOU, 0);
    unsigned long none = 0;
    call(NR_sigprocmask, SET_MASK, (long)&none, 0, 8);
    long error = executeProgram(arguments, environment);
    int isMissing = error == -NO_ENTRY || error == -NOT_A_DIRECTORY;
    char line[600];
    int length = 0;
    TEXT(before, "init: ");
    TEXT(missing, ": no such program\\n");
    TEXT(refused, ": cannot be executed\\n");
    put(line, &length, before);
    put(line, &length, arguments[0]);
    put(line, &length, isMissing ? missing : refused);
    call(NR_write, 2, (long)line, length, 0);
    call(NR_exit_group, isMissing ? 127 : 126, 0, 0, 0);
}

/// `stack` is what the kernel has put there: the number of arguments, these, a null, the environment, a null.
__attribute__((optnone, noinline)) SECTION __attribute__((visibility("hidden"))) void brig_init_main(long *stack) {
    long count = stack[0];
    char **arguments = (char **)(stack + 1);
    char **environment = arguments + count + 1;
    arguments++;
    count--;
    if (count > 0 && arguments[0][0] == '-' && arguments[0][1] == '-' && arguments[0][2] == 0) {
        arguments++;
        count--;
    }
    if (count < 1) call(NR_exit_group, 127, 0, 0, 0);

    // All that can be passed on waits until it is asked for; what a fault of this program's raises does not.
    unsigned long waited = ~(bit(SIG_FPE) | bit(SIG_ILL) | bit(SIG_SEGV) | bit(SIG_BUS) | bit(SIG_ABRT) | bit(SIG_TRAP)
                             | bit(SIG_SYS) | bit(SIG_TTIN) | bit(SIG_TTOU));
    call(NR_sigprocmask, SET_MASK, (long)&waited, 0, 8);
    // Writing to the terminal from the background must not stop this process.
    setAction(SIG_TTIN, 1);
    setAction(SIG_TTOU, 1);

    long child = call(NR_clone, SIG_CHLD, 0, 0, 0);
    if (child == 0) becomeProgram(arguments, environment);
    if (child < 0) call(NR_exit_group, 126, 0, 0, 0);

    while (1) {
        long signal = call(NR_sigtimedwait, (long)&waited, 0, 0, 8);
        if (signal < 0) continue;
        if (signal != SIG_CHLD) {
            call(NR_kill, child, signal, 0, 0);
            continue;
        }
        int hasEnded = 0;
        int result = 0;
        while (1) {
            int status = 0;
            long ended = call(NR_wait4, -1, (long)&status, NO_HANG, 0);
            if (ended <= 0) break;
            if (ended != child) continue;
            hasEnded = 1;
            result = (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
        }
        // The kernel ends whatever is left with its first process.
        if (hasEnded) call(NR_exit_group, result, 0, 0, 0);
    }
}

extern const char __start_brig_init[], __stop_brig_init[];

struct brig_init_code brig_init_code(void) {
    struct brig_init_code code = {
        __start_brig_init, (size_t)(__stop_brig_init - __start_brig_init),
        (size_t)((const char *)brig_init_start - __start_brig_init)};
    return code;
}
