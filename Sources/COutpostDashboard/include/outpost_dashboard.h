// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#pragma once
#include <stddef.h>

// The dashboard's files as a tar archive, which `scripts/build-dashboard` makes before this target; empty if it was not made.
extern const struct __attribute__((swift_attr("@Sendable"))) outpost_dashboard {
    const void *_Nonnull start;
    size_t size;
} outpost_dashboard;
