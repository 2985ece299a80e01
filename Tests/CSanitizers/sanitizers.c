// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
#include "sanitizers.h"

enum outpost_sanitizer outpost_sanitizer(void) {
#if __has_feature(thread_sanitizer)
    return OUTPOST_SANITIZER_THREAD;
#elif __has_feature(address_sanitizer)
    return OUTPOST_SANITIZER_ADDRESS;
#else
    return OUTPOST_SANITIZER_NONE;
#endif
}
