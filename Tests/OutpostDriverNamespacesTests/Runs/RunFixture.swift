// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

@testable import OutpostDriverNamespaces

/// A run without a sandbox: its kill ends it at once, as SIGKILL would.
@Reactor
final class RunFixture {
    let session: NamespaceRun
    let heard = HeardOutput()
    private(set) var kills = 0
    /// A byte in it is the kernel's memory alarm.
    private let alarm: Descriptor

    /// - Parameters:
    ///   - deadly: which kill ends the program; nil for none.
    init(stdin: [UInt8] = [], isInputOpen: Bool = false, deadly: Int? = 1) throws {
        let pipe = try Descriptor.pipe()
        alarm = pipe.write
        let box = Box()
        let threads = BlockingPool(limit: 2)
        session = try NamespaceRun(
            id: 1, alarm: pipe.read, streams: try AttachedStreams(threads: threads), threads: threads,
            kill: { session in
                box.fixture?.kills += 1
                if box.fixture?.kills == deadly { session.end(.signalled(SignalNumber.kill)) }
            }, giveUp: {})
        var program = ProgramSpec(
            arguments: ["prog"], environment: [], workingDirectory: "/w", user: .sandbox, stdin: stdin,
            limits: .shippedDefaults)
        program.isInputOpen = isInputOpen
        try session.begin(program, listener: heard)
        box.fixture = self
    }

    /// The kill needs the fixture before the fixture is whole.
    @Reactor
    private final class Box {
        weak var fixture: RunFixture?
    }

    func ringAlarm() throws { try alarm.writeAll([1]) }
}

/// Keeps what it hears.
@Reactor
final class HeardOutput: ProcessListener {
    let isFollowing = false
    private(set) var bytes: [LiveOutput.Stream: [UInt8]] = [:]
    private(set) var ends = 0
    /// Has enough of every stream after each part.
    var isSlow = false
    private var waiter: CheckedContinuation<Void, Never>?

    nonisolated init() {}

    func begins(_ process: any RunningProcess, after waited: UInt64) {}

    func took(_ part: [UInt8], of stream: LiveOutput.Stream) -> Bool {
        bytes[stream, default: []] += part
        waiter?.resume()
        waiter = nil
        return !isSlow
    }

    private(set) var meters: [ProcessMeter] = []

    func used(_ meter: ProcessMeter) { meters.append(meter) }

    func ended() { ends += 1 }

    /// Returns when so many bytes of a stream have come.
    func wait(for count: Int, of stream: LiveOutput.Stream) async {
        while bytes[stream, default: []].count < count { await withCheckedContinuation { waiter = $0 } }
    }
}

extension RunUsage {
    /// A run that met no limit.
    static let plain = RunUsage(
        cpuMicroseconds: 1500, memoryPeakBytes: 4096, memoryKills: 0, processRefusals: 0, freeBytes: 1 << 30,
        freeFiles: 1000)
}
