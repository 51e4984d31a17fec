#pragma once
#include <stddef.h>

/// The machine code of a container's first process for `--init`: it reaps orphans, passes signals on and ends as its child
/// does. It stands in a section of its own and refers to nothing outside of it, so that a program can be made of a copy.
struct brig_init_code {
    const void *bytes;
    size_t length;
    /// Where it begins, in bytes from the first.
    size_t entry;
};

struct brig_init_code brig_init_code(void);
