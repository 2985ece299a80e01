// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// Shows ThreadSanitizer the waits of Synchronization.Mutex.
//
// Swift compiles a Mutex's free path into its caller, where the sanitizer sees the atomic exchange of the lock's word. The
// path of a lock that somebody holds ends in a futex(2) inside the standard library, which is built without the sanitizer:
// whoever has waited seems to hold nothing, and each variable that the lock guards becomes a report. The functions below
// have the names of the library's three (stdlib/public/Synchronization/Mutex/LinuxImpl.swift), stand before them in the
// order in which the loader looks names up, call them, and tell the sanitizer what they order: an unlock is before the lock
// that follows it. They tell it of no other memory than the lock's, so that no race is hidden that a seen lock would show.
#if __has_feature(thread_sanitizer)

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

// Of the sanitizer's runtime; its headers are not among the toolchain's.
void __tsan_acquire(void *);
void __tsan_release(void *);

SWIFT void outpost_mutex_lock(uint32_t thread, SELF handle) __asm__(LOCK);
SWIFT bool outpost_mutex_try_lock(SELF handle) __asm__(TRY_LOCK);
SWIFT void outpost_mutex_unlock(SELF handle) __asm__(UNLOCK);

static SWIFT void (*library_lock)(uint32_t, SELF);
static SWIFT bool (*library_try_lock)(SELF);
static SWIFT void (*library_unlock)(SELF);

static void *library_function(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        fprintf(stderr, "this toolchain's Synchronization.Mutex has no %s: Tests/CSanitizers must follow it\n", name);
        abort();
    }
    return function;
}

__attribute__((constructor)) static void find_library_functions(void) {
    library_lock = (SWIFT void (*)(uint32_t, SELF))library_function(LOCK);
    library_try_lock = (SWIFT bool (*)(SELF))library_function(TRY_LOCK);
    library_unlock = (SWIFT void (*)(SELF))library_function(UNLOCK);
}

SWIFT void outpost_mutex_lock(uint32_t thread, SELF handle) {
    library_lock(thread, handle);
    __tsan_acquire(handle);
}

SWIFT bool outpost_mutex_try_lock(SELF handle) {
    bool is_held = library_try_lock(handle);
    if (is_held) __tsan_acquire(handle);
    return is_held;
}

SWIFT void outpost_mutex_unlock(SELF handle) {
    __tsan_release(handle);
    library_unlock(handle);
}

#endif
