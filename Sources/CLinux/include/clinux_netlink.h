#ifndef CLINUX_NETLINK_H
#define CLINUX_NETLINK_H

#include "clinux_base.h"
#include <linux/netlink.h>

#define CLINUX_NETLINK_ROUTE 0

static inline int clinux_netlink_socket(int protocol) {
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
}
// Socket addresses are passed as another type than they have. Port 0 is the kernel.
static inline ssize_t clinux_netlink_send(int fd, const void *bytes, size_t length) {
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    return sendto(fd, bytes, length, 0, (const struct sockaddr *)&kernel, sizeof kernel);
}
// The whole length comes back even if it is more than `length` (MSG_TRUNC).
static inline ssize_t clinux_netlink_receive(int fd, void *bytes, size_t length, uint32_t *sender) {
    struct sockaddr_nl from = {.nl_family = AF_NETLINK};
    socklen_t size = sizeof from;
    ssize_t received = recvfrom(fd, bytes, length, MSG_TRUNC, (struct sockaddr *)&from, &size);
    *sender = from.nl_pid;
    return received;
}
// setsockopt(2) of the level SOL_NETLINK, which glibc's headers do not name here.
static inline int clinux_netlink_option(int fd, int option, int value) {
    return setsockopt(fd, 270, option, &value, sizeof value);
}

#endif
