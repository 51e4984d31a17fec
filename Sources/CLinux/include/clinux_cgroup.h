#ifndef CLINUX_CGROUP_H
#define CLINUX_CGROUP_H

#include "clinux_base.h"
#include <math.h>
#include <sys/inotify.h>

// The Swift standard library has neither logarithm nor power.
static inline double clinux_log2(double value) { return log2(value); }
static inline double clinux_pow(double base, double exponent) { return pow(base, exponent); }

#endif
