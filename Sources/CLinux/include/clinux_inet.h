#ifndef CLINUX_INET_H
#define CLINUX_INET_H

#include "clinux_base.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

// Internet socket addresses are passed as another type than they have, and which one depends on the version.
union clinux_inet_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};
// `bytes` has 4 or 16 bytes in network order; `port` is in the machine's.
static inline socklen_t clinux_inet_address_make(
    union clinux_inet_address *result, const void *bytes, size_t length, uint16_t port)
{
    memset(result, 0, sizeof *result);
    if (length == 4) {
        result->v4.sin_family = AF_INET;
        result->v4.sin_port = htons(port);
        memcpy(&result->v4.sin_addr, bytes, 4);
        return sizeof result->v4;
    }
    result->v6.sin6_family = AF_INET6;
    result->v6.sin6_port = htons(port);
    if (length == 16) memcpy(&result->v6.sin6_addr, bytes, 16);
    return sizeof result->v6;
}
static inline int clinux_inet_socket(int version6, int type) {
    return socket(version6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}
static inline int clinux_inet_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}
static inline int clinux_inet_bind(int fd, const union clinux_inet_address *address, socklen_t length) {
    return bind(fd, &address->any, length);
}
static inline int clinux_inet_connect(int fd, const union clinux_inet_address *address, socklen_t length) {
    return connect(fd, &address->any, length);
}
static inline ssize_t clinux_inet_receive(
    int fd, void *bytes, size_t count, union clinux_inet_address *from, socklen_t *length)
{
    *length = sizeof *from;
    return recvfrom(fd, bytes, count, MSG_TRUNC, &from->any, length);
}
static inline ssize_t clinux_inet_send(
    int fd, const void *bytes, size_t count, const union clinux_inet_address *to, socklen_t length)
{
    return sendto(fd, bytes, count, MSG_NOSIGNAL, &to->any, length);
}
// Which port a bound socket has; -1 for none.
static inline int clinux_inet_local_port(int fd) {
    union clinux_inet_address address;
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length) != 0) return -1;
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}

#endif
