#ifndef CUNWIND_H
#define CUNWIND_H

// Nothing to call: linking this target is what it is for. See unwind.c.

#endif
