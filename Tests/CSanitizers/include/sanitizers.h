// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// Which sanitizer of the toolchain a build of the tests has. Swift has no condition for it.
#ifndef OUTPOST_SANITIZERS_H
#define OUTPOST_SANITIZERS_H

enum outpost_sanitizer {
    OUTPOST_SANITIZER_NONE,
    OUTPOST_SANITIZER_THREAD,
    OUTPOST_SANITIZER_ADDRESS,
};

enum outpost_sanitizer outpost_sanitizer(void);

#endif
