// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

/// A listener that keeps all output of a process.
@Reactor
final class CollectingListener: ProcessListener {
    let isFollowing = true
    /// Whether it stops a stream after each part.
    private let isSlow: Bool
    private(set) var bytes: [LiveOutput.Stream: [UInt8]] = [:]
    private(set) var parts = 0
    private(set) var hasEnded = false
    private var stopped: Set<LiveOutput.Stream> = []
    private var process: (any RunningProcess)?
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(isSlow: Bool = false) { self.isSlow = isSlow }

    func begins(_ process: any RunningProcess, after waited: UInt64) { self.process = process }

    func took(_ part: [UInt8], of stream: LiveOutput.Stream) -> Bool {
        bytes[stream, default: []] += part
        parts += 1
        if isSlow { stopped.insert(stream) }
        wake()
        return !isSlow
    }

    func used(_ meter: ProcessMeter) {}

    func ended() {
        hasEnded = true
        process = nil
        wake()
    }

    /// Continues the streams that it has stopped.
    func proceed(_ process: any RunningProcess) {
        let streams = stopped
        stopped = []
        for stream in streams { process.resume(stream) }
    }

    var isStopped: Bool { !stopped.isEmpty }

    /// Waits until `condition` is true. Checks it after each event.
    func wait(until condition: (CollectingListener) -> Bool) async {
        while !condition(self) { await withCheckedContinuation { waiters.append($0) } }
    }

    private func wake() {
        let woken = waiters
        waiters = []
        for waiter in woken { waiter.resume() }
    }
}
