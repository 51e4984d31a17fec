#ifndef CLINUX_TERMINAL_H
#define CLINUX_TERMINAL_H

#include "clinux_base.h"
#include <termios.h>

// ioctl(2) requests are built by macros that Swift does not import.
#define CLINUX_TIOCSCTTY 0x540EUL
#define CLINUX_TIOCGWINSZ 0x5413UL
#define CLINUX_TIOCSWINSZ 0x5414UL
#define CLINUX_TIOCGPTN 0x80045430UL
#define CLINUX_TIOCSPTLCK 0x40045431UL
#define CLINUX_TIOCGPTPEER 0x5441UL
#define CLINUX_PTMX_MAJOR 5
#define CLINUX_PTMX_MINOR 2
#define CLINUX_DEVPTS_SUPER_MAGIC 0x1cd1

#endif
