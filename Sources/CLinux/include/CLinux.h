#ifndef CLINUX_H
#define CLINUX_H

// What Swift cannot import from the C library or the kernel's headers: macros, variadic functions and system calls
// without a wrapper. One header a topic, one line of reason a function, no logic.

#include "clinux_base.h"
#include "clinux_process.h"
#include "clinux_interface.h"
#include "clinux_inotify.h"
#include "clinux_mount.h"
#include "clinux_socket.h"
#include "clinux_stream.h"
#include "clinux_terminal.h"
#include "clinux_capability.h"
#include "clinux_netlink.h"
#include "clinux_seccomp.h"
#include "clinux_bpf.h"
#include "clinux_cgroup.h"
#include "clinux_tree.h"
#include "clinux_thread.h"
#include "clinux_tools.h"
#include "clinux_trace.h"
#include "clinux_inet.h"
#include "clinux_errand.h"

#endif
