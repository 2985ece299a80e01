// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSanitizers
import Foundation
import Synchronization
import Testing

/// What `scripts/test-sanitized` relies on: that its sanitizer reports a fault, and no lock.
struct SanitizerTests {
    private static let turns = 200

    /// Threads that wait for the lock take the path that is inside the standard library.
    @Test func aMutexThatThreadsWaitForGuardsWhatItHolds() {
        let counter = Counter()
        inTwoThreads {
            for _ in 0..<Self.turns {
                counter.guarded.withLock { count in
                    count += 1
                    usleep(100)
                }
            }
        }
        #expect(counter.guarded.withLock { $0 } == 2 * Self.turns)
    }

    @Test(.enabled(if: isFaultWanted, "a fault on purpose is for scripts/test-sanitized, which must see it reported"))
    func aFaultOnPurpose() {
        switch outpost_sanitizer() {
        case OUTPOST_SANITIZER_THREAD: raceForAVariable()
        case OUTPOST_SANITIZER_ADDRESS: readFreedMemory()
        default: Issue.record("this build has no sanitizer")
        }
    }

    /// Next to a Mutex that both threads take: only what a lock guards may pass.
    private func raceForAVariable() {
        let counter = Counter()
        inTwoThreads {
            for _ in 0..<Self.turns {
                counter.bare += 1
                counter.guarded.withLock { count in
                    count += 1
                    usleep(100)
                }
            }
        }
    }

    private func readFreedMemory() {
        let memory = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        memory.initialize(to: 1)
        memory.deallocate()
        print("freed memory holds \(memory.pointee)")
    }

    private func inTwoThreads(_ work: @escaping @Sendable () -> Void) {
        let group = DispatchGroup()
        for _ in 0..<2 {
            group.enter()
            Thread.detachNewThread {
                work()
                group.leave()
            }
        }
        group.wait()
    }
}

private let isFaultWanted = ProcessInfo.processInfo.environment["OUTPOST_TEST_FAULT"] != nil

private final class Counter: @unchecked Sendable {
    let guarded = Mutex(0)
    var bare = 0
}
