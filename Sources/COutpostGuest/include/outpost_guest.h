// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#ifndef OUTPOST_GUEST_H
#define OUTPOST_GUEST_H
#include <stddef.h>

// The static executable `outpost-init`, as `make` built it before this; empty when it was not built.
const void *_Nonnull outpost_guest_image_start(void);
extern const size_t outpost_guest_image_size;

// The extension module that a template loads, built with it, and the Python that uses it.
const void *_Nonnull outpost_python_fork_start(void);
extern const size_t outpost_python_fork_size;
const void *_Nonnull outpost_python_starter_start(void);
extern const size_t outpost_python_starter_size;

// What Node.js loads before its main file, and what that loads.
const void *_Nonnull outpost_node_starter_start(void);
extern const size_t outpost_node_starter_size;
const void *_Nonnull outpost_node_warming_start(void);
extern const size_t outpost_node_warming_size;

#endif
