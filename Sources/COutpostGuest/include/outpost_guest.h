// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#pragma once
#include <stddef.h>

struct __attribute__((swift_attr("@Sendable"))) outpost_embedded {
    const void *_Nonnull start;
    size_t size;
};

// The static executable `outpost-init`, which `make` builds before this target; empty if it was not built.
extern const struct outpost_embedded outpost_guest_image;

// The extension module of a warm Python interpreter, built with `outpost-init`, and the Python code that uses it.
extern const struct outpost_embedded outpost_python_fork, outpost_python_starter;

// The JavaScript that a warm Node.js loads before its main file, and its addon, built like the extension module.
extern const struct outpost_embedded outpost_node_starter, outpost_node_warming, outpost_node_addon;

// The files of the kernels, one after the other: a line with the path and the length in bytes, then the content.
extern const struct outpost_embedded outpost_kernels;

// The dashboard's files as a tar archive, which `scripts/build-dashboard` makes.
extern const struct outpost_embedded outpost_dashboard;
