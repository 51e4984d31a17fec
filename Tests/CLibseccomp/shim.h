// The library that the filter compiler is proved against, in tests only.
#include <seccomp.h>
