// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The processes of a sandbox, by the numbers that the agent knows them by.
@Reactor
struct ProcessTable {
    private var runs: [UInt32: ProgramRun] = [:]
    /// What they are connected by, until nothing is left of them.
    private var connections: [UInt32: any ProcessConnection] = [:]
    /// Those that are no programs.
    private var workers: Set<UInt32> = []
    private var nextNumber: UInt32 = 1

    /// Whether every program has ended.
    var isEmpty: Bool { runs.count == workers.count }

    var all: [ProgramRun] { Array(runs.values) }

    /// Takes one in; no number is used twice.
    mutating func add(_ run: ProgramRun, _ task: GuestProgram.Task = .program) -> UInt32 {
        defer { nextNumber += 1 }
        if task == .worker { workers.insert(nextNumber) }
        runs[nextNumber] = run
        return nextNumber
    }

    /// The agent knows the process: its streams are spoken of from now on.
    mutating func open(_ streams: any ProcessConnection, of number: UInt32) { connections[number] = streams }

    /// It has ended; what is left of its streams still comes.
    mutating func ended(_ number: UInt32) {
        runs[number] = nil
        workers.remove(number)
    }

    /// Nothing of it is left.
    mutating func forget(_ number: UInt32) {
        ended(number)
        connections[number] = nil
    }

    /// Tells the process that this is about.
    ///
    /// - Throws: `WireError` when the agent says what it must not.
    func handle(_ event: GuestEvent) throws(WireError) {
        switch event {
        case .exited(let process, let code): runs[process]?.end(.exited(code))
        case .signalled(let process, let signal): runs[process]?.end(.signalled(signal))
        case .refused(let process, let stage, let position, let errno, let detail):
            runs[process]?.end(.refused(stage, position: Int(position), errno: errno, detail: detail))
        case .stream(let stream, let message):
            try connections[FramedStreams.process(of: stream)]?.receive(message, on: stream)
        // Nothing of this was asked for.
        case .hello, .started, .used, .failed: return
        }
    }

    /// The agent is gone: every process has ended, as far as anyone can know.
    func endAll() {
        for run in runs.values { run.end(.sandboxDied) }
        for streams in connections.values { streams.lostAgent() }
    }
}
