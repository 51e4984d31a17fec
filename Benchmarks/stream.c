/* stream: how much one TCP connection carries.
 *
 * `stream listen PORT` takes one connection, reads it to its end, answers with the number of bytes, and ends.
 * `stream send ADDRESS PORT MEBIBYTES` sends that much, waits for the answer, and prints MiB a second, without the time that
 * connecting takes. It tries to connect for ten seconds, as the other side may not listen yet.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 18];

static int failed(const char *what) {
    perror(what);
    return 1;
}

static int listen_once(int port) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
    int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server, (struct sockaddr *)&own, sizeof own) < 0 || listen(server, 8) < 0) return failed("listen");
    /* A proxy may connect and go again before anybody sends. */
    for (;;) {
        int peer = accept(server, NULL, NULL);
        if (peer < 0) return failed("accept");
        uint64_t total = 0;
        ssize_t got;
        while ((got = read(peer, buffer, sizeof buffer)) > 0) total += got;
        if (got < 0) return failed("read");
        if (total && write(peer, &total, sizeof total) != sizeof total) return failed("write");
        close(peer);
        if (total) return 0;
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int send_all(const char *address, int port, uint64_t bytes) {
    struct sockaddr_in other = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &other.sin_addr) != 1) return fprintf(stderr, "no address: %s\n", address), 2;
    double end = now() + 10;
    int peer;
    for (;;) {
        peer = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(peer, (struct sockaddr *)&other, sizeof other) == 0) break;
        close(peer);
        if (now() > end) return failed("connect");
        usleep(20000);
    }
    double start = now();
    uint64_t left = bytes, answer = 0;
    while (left > 0) {
        ssize_t sent = write(peer, buffer, left < sizeof buffer ? left : sizeof buffer);
        if (sent <= 0) return failed("write");
        left -= sent;
    }
    shutdown(peer, SHUT_WR);
    if (read(peer, &answer, sizeof answer) != sizeof answer || answer != bytes)
        return fprintf(stderr, "%llu bytes came, not %llu\n", (unsigned long long)answer, (unsigned long long)bytes), 1;
    printf("%.1f\n", bytes / 1048576.0 / (now() - start));
    return 0;
}

int main(int count, char **words) {
    if (count == 3 && !strcmp(words[1], "listen")) return listen_once(atoi(words[2]));
    if (count == 5 && !strcmp(words[1], "send"))
        return send_all(words[2], atoi(words[3]), (uint64_t)atoll(words[4]) << 20);
    return fprintf(stderr, "usage: stream listen PORT | stream send ADDRESS PORT MEBIBYTES\n"), 2;
}
