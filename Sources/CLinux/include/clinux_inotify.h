#ifndef CLINUX_INOTIFY_H
#define CLINUX_INOTIFY_H

#include "clinux_base.h"
#include <sys/inotify.h>

#define CLINUX_IN_MODIFY 0x2U
#define CLINUX_IN_ATTRIB 0x4U
#define CLINUX_IN_MOVED_FROM 0x40U
#define CLINUX_IN_MOVED_TO 0x80U
#define CLINUX_IN_CREATE 0x100U
#define CLINUX_IN_DELETE 0x200U
#define CLINUX_IN_ONLYDIR 0x1000000U

#endif
