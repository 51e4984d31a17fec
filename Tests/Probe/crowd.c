/* crowd N: N small processes that wait; each twentieth has namespaces of its own. "ready" is printed when all are there, and all
 * end with their parent, which ends with its standard input. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **words) {
    long wanted = count > 1 ? atol(words[1]) : 1000;
    int ready[2];
    if (pipe(ready) != 0) return perror("pipe"), 1;
    for (long i = 0; i < wanted; i++) {
        pid_t child = fork();
        if (child < 0) return perror("fork"), 1;
        if (child > 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (i % 20 == 0 && unshare(CLONE_NEWUTS | CLONE_NEWIPC) != 0) _exit(1);
        if (write(ready[1], "x", 1) != 1) _exit(1);
        close(ready[0]);
        close(ready[1]);
        for (;;) pause();
    }
    char byte;
    for (long i = 0; i < wanted; i++)
        if (read(ready[0], &byte, 1) != 1) return 1;
    puts("ready");
    fflush(stdout);
    while (read(0, &byte, 1) > 0) {}
    return 0;
}
