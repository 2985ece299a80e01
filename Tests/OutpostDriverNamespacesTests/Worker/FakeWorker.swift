// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

@testable import OutpostDriverNamespaces

/// The process of a worker, whose words are the test's.
@Reactor
final class FakeWorker: RunningProcess {
    private(set) var requests: [WorkerRequest] = []
    private(set) var isInputClosed = false
    private(set) var kills = 0
    private var decoder = FrameDecoder()
    private var hasEnded = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var onChange: [CheckedContinuation<Void, Never>] = []

    func write(_ bytes: [UInt8]) {
        decoder.append(bytes)
        while let frame = try? decoder.next(), let request = try? WorkerRequest(frame) { requests.append(request) }
        changed()
    }

    func closeInput() {
        isInputClosed = true
        changed()
    }

    func kill() {
        kills += 1
        changed()
    }

    func wait() async -> Result<ProcessExit, OutpostError> {
        if !hasEnded { await withCheckedContinuation { waiters.append($0) } }
        return .failure(OutpostError(.unavailable, "it has ended"))
    }

    func resume(_ stream: LiveOutput.Stream) {}
    func whenInputIsTaken(_ action: @escaping @Reactor () -> Void) { action() }
    func signal(_ number: Int32, group: Bool) {}
    func resize(_ size: ProcessTerminal) {}
    func meter(_ counters: ProcessMeter.Counters) {}

    private func changed() {
        let woken = onChange
        onChange = []
        for waiter in woken { waiter.resume() }
    }

    /// Returns when `isReached` is true of it.
    func wait(until isReached: (FakeWorker) -> Bool) async {
        while !isReached(self) { await withCheckedContinuation { onChange.append($0) } }
    }

    /// The process ends, as its listener hears.
    func end(_ connection: WorkerConnection) {
        hasEnded = true
        connection.ended()
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    /// How many requests have begun.
    var begun: Int { requests.count { if case .begin = $0 { true } else { false } } }
}

extension WorkerConnection {
    /// The worker says this.
    func hear(_ replies: WorkerReply...) {
        _ = took(replies.flatMap(\.frame.encoded), of: .stdout)
    }

    nonisolated static let greeting = WorkerReply.hello(Hello(features: .workers))
}
