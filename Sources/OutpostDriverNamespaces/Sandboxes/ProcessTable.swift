// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The processes of a sandbox, by the agent's numbers.
@Reactor
struct ProcessTable {
    private var runs: [UInt32: NamespaceRun] = [:]
    /// Their connections, until nothing is left of the process.
    private var connections: [UInt32: any ProcessConnection] = [:]
    /// The processes that are workers and no programs.
    private var workers: Set<UInt32> = []
    private var nextNumber: UInt32 = 1

    /// Whether every program has ended.
    var isEmpty: Bool { runs.count == workers.count }

    /// The runs of all processes that have not ended.
    var all: [NamespaceRun] { Array(runs.values) }

    /// Adds a process and returns its number. A number is never used twice.
    mutating func add(_ run: NamespaceRun, _ task: GuestProgram.Task = .program) -> UInt32 {
        defer { nextNumber += 1 }
        if task == .worker { workers.insert(nextNumber) }
        runs[nextNumber] = run
        return nextNumber
    }

    /// Registers the connection of a process that the agent knows.
    mutating func open(_ streams: any ProcessConnection, of number: UInt32) { connections[number] = streams }

    /// Records the end of a process. The rest of its streams still arrives.
    mutating func ended(_ number: UInt32) {
        runs[number] = nil
        workers.remove(number)
    }

    /// Removes a process of which nothing is left.
    mutating func forget(_ number: UInt32) {
        ended(number)
        connections[number] = nil
    }

    /// Passes an event of the agent to its process.
    ///
    /// - Throws: `WireError` for an invalid event.
    func handle(_ event: GuestEvent) throws(WireError) {
        switch event {
        case .started(let process, let pid): runs[process]?.started(pid: pid)
        case .exited(let process, let code): runs[process]?.end(.exited(code))
        case .signalled(let process, let signal): runs[process]?.end(.signalled(signal))
        case .refused(let process, let stage, let position, let errno, let detail):
            runs[process]?.end(.refused(stage, position: Int(position), errno: errno, detail: detail))
        case .stream(let stream, let message):
            try connections[FramedStreams.process(of: stream)]?.receive(message, on: stream)
        // These events are not used here.
        case .hello, .used, .failed: return
        }
    }

    /// Ends all processes, because the agent is gone.
    func endAll() {
        for run in runs.values { run.end(.sandboxDied) }
        for streams in connections.values { streams.lostAgent() }
    }
}
