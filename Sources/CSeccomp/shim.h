// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#include <seccomp.h>
#include <stdint.h>

// Casts and macros with arguments. Swift does not import them.
static const uint32_t OUTPOST_SCMP_ALLOW = SCMP_ACT_ALLOW;
static const uint32_t OUTPOST_SCMP_KILL_PROCESS = SCMP_ACT_KILL_PROCESS;
static inline uint32_t outpost_scmp_errno(uint16_t error) { return SCMP_ACT_ERRNO(error); }
