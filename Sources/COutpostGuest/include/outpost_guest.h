// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#ifndef OUTPOST_GUEST_H
#define OUTPOST_GUEST_H
#include <stddef.h>

struct __attribute__((swift_attr("@Sendable"))) outpost_embedded {
    const void *_Nonnull start;
    size_t size;
};

// The static executable `outpost-init`, as `make` built it before this; empty when it was not built.
extern const struct outpost_embedded outpost_guest_image;

// The extension module that an interpreter of Python loads which waits, built with it, and the Python that uses it.
extern const struct outpost_embedded outpost_python_fork, outpost_python_starter;

// What Node.js loads before its main file, and what that loads; the addon is built as the extension module is.
extern const struct outpost_embedded outpost_node_starter, outpost_node_warming, outpost_node_addon;

#endif
