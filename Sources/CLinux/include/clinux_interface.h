#ifndef CLINUX_INTERFACE_H
#define CLINUX_INTERFACE_H

#include "clinux_base.h"
#include <net/if.h>

// struct ifreq's members are macros over unions.
static inline int clinux_set_interface_flags(int fd, const char *name, short flags) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    request.ifr_flags = flags;
    return ioctl(fd, SIOCSIFFLAGS, &request);
}

#endif
