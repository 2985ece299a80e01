// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostCore
public import OutpostLinux
import OutpostWire

/// The agent: process 1 of a sandbox. It starts programs for the host, forwards their streams, reports their ends, and reaps
/// orphans. It trusts no program of the sandbox, and the host does not trust it. It is a loop of one thread that blocks only
/// to wait for its next event.
public struct GuestAgent {
    private let epoll: Epoll
    private var link: HostLink
    private let signals: ChildSignals
    private let view: CgroupView
    private var leftovers: Leftovers
    private var staging = StagedFiles()
    // An array and no dictionary: most agents start only one program, and to make the first dictionary of a type takes the
    // Swift runtime longer than all other work of the agent.
    private var processes: [GuestProcess] = []
    private var streams = StreamTable()
    /// Programs that start after the clean-up of earlier programs.
    private var pending: [(program: GuestProgram, descriptors: [Descriptor])] = []

    /// Serves the host at the other ends of descriptor 3, a socket, and descriptor 4, a pipe. Returns when the host closes the
    /// socket. The kernel then kills the sandbox, because its process 1 ends.
    ///
    /// - Parameter view: the cgroup files that programs see.
    /// - Throws: `SystemError` or `WireError` when the agent cannot continue. It must end then.
    public static func serve(_ view: CgroupView) throws {
        try Privileges.dieWithParent()
        // If the machine runs out of memory, the kernel kills sandboxes before the host's processes.
        try writeFile("/proc/self/oom_score_adj", "1000")
        try Privileges.hide()
        // Its programs get the usual one.
        TimeSlice.shorten(forChildren: false)
        Privileges.surviveBrokenPipes()
        var agent = try GuestAgent(
            requests: MessageSocket(Descriptor(owning: 3)), events: Descriptor(owning: 4),
            view: view)
        try agent.run()
    }

    init(requests: MessageSocket, events: Descriptor, view: CgroupView) throws {
        epoll = try Epoll()
        link = try HostLink(requests: requests, events: events, epoll)
        signals = try ChildSignals()
        try epoll.add(signals.descriptor.number, .read, token: Token.children)
        self.view = view
        leftovers = Leftovers(view)
    }

    /// The features of an agent that shares the host's kernel.
    private static let features: Hello.Features = [
        .processes, .attachedStreams, .framedStreams, .terminals, .workers,
    ]

    mutating func run() throws {
        try link.send(.hello(Hello(features: Self.features)), epoll)
        while true {
            let events = try epoll.wait(milliseconds: leftovers.patience)
            if events.isEmpty { leftovers.clear() }
            for event in events {
                guard try handle(event) else { return }
            }
            try startPending()
            if !streams.isEmpty { try streams.update(epoll, hasRoom: link.hasRoom) }
        }
    }

    /// Handles an event of a descriptor.
    ///
    /// - Returns: whether the agent continues.
    private mutating func handle(_ event: Epoll.Event) throws -> Bool {
        switch event.token {
        case Token.requests:
            guard let requests = try link.receive() else { return false }
            for request in requests {
                guard try handle(request) else { return false }
            }
        case Token.events: try link.flush(epoll)
        case Token.children:
            try signals.clear()
            try reap()
        default: try handleStream(event.token)
        }
        return true
    }

    private mutating func handleStream(_ token: UInt64) throws {
        guard let (kind, number) = Token.kind(token) else { return }
        switch kind {
        case .start:
            guard let index = processes.firstIndex(where: { $0.number == number }) else { return }
            epoll.remove(processes[index].failures.number)
            try advance(index, try processes[index].start())
        // An earlier event of the same wait can have used the room.
        case .output where !link.hasRoom: return
        case .output: try send(streams.read(number), of: number)
        case .input: try send(streams.write(number), of: number)
        }
    }

    private mutating func send(_ message: StreamMessage?, of stream: UInt32) throws {
        if let message { try link.send(.stream(stream, message), epoll) }
    }

    // MARK: - Requests

    /// Performs a request.
    ///
    /// - Returns: whether the agent continues.
    private mutating func handle(_ request: GuestRequest) throws -> Bool {
        switch request {
        // The link has handled it.
        case .hello: break
        case .stage(let process, let path, let mode, let part):
            staging.append(process: process, path: path, mode: mode, part: part)
        case .start(let program):
            pending.append((program, try link.takeDescriptors(of: program)))
            // Later messages can be about the program's streams, so the program starts before they are handled.
            try startPending()
        case .signal(let process, let signal, let group): try self.signal(process, signal, group: group)
        case .resize(let process, let size):
            guard let terminal = processes.first(where: { $0.number == process })?.terminal else { return true }
            try PseudoTerminal.resize(terminal.host, rows: size.rows, columns: size.columns)
        case .stream(let stream, let message):
            if case .reset = message { hangUp(stream) }
            try send(streams.receive(message, of: stream, epoll), of: stream)
        case .setClock, .addEntropy:
            // The clock and the random number generator belong to the host's kernel.
            try link.send(.failed(errno: SystemError.notPermitted, detail: "change the host's kernel"), epoll)
        case .shutDown: return false
        }
        return true
    }

    /// Closes the agent's last descriptor of a terminal. The kernel then hangs up the terminal.
    private mutating func hangUp(_ stream: UInt32) {
        guard let index = processes.firstIndex(where: { $0.terminal?.stream == stream }) else { return }
        processes[index].terminal = nil
    }

    /// Signals a process or its group through a child with the program's user id. The agent itself has no right to do so.
    private mutating func signal(_ number: UInt32, _ signal: Int32, group: Bool) throws {
        guard let process = processes.first(where: { $0.number == number }) else { return }
        do throws(SystemError) {
            let failures = try Descriptor.pipe()
            _ = try ChildProcess.clone(
                sandboxed: false, failures: failures.write,
                [
                    .setIDs(uid: process.uid, gid: process.gid), .capabilities([], ambient: []),
                    .signal(signal, to: group ? -process.pid : process.pid), .exit(0),
                ])
        } catch {
            // The sandbox may have no room for another process. The agent continues.
            try link.send(.failed(errno: error.number, detail: "signal the process \(number)"), epoll)
        }
    }

    // MARK: - Processes

    private mutating func startPending() throws {
        guard !pending.isEmpty else { return }
        leftovers.clear()
        while !leftovers.isClearing, !pending.isEmpty {
            let (program, descriptors) = pending.removeFirst()
            try start(program, descriptors)
        }
    }

    private mutating func start(_ program: GuestProgram, _ descriptors: [Descriptor]) throws {
        // A worker does not count: it has no cgroup view, and programs do not see its cgroup.
        let isAlone = !processes.contains { $0.program.task == .program }
        let files = staging.removeFiles(of: program.process)
        let started: StartedProcess
        do throws(SystemError) {
            started = try StartedProcess(program, files, descriptors, view, isAlone: isAlone)
        } catch {
            return try link.send(
                .refused(
                    process: program.process, stage: .setup, position: 0, errno: error.number, detail: error.operation),
                epoll)
        }
        leftovers.started(program, seesView: isAlone && program.task == .program)
        for output in started.ends.outputs { try streams.add(output) }
        for input in started.ends.inputs { try streams.add(input) }
        processes.append(started.process)
        if program.reports.contains(.start) {
            try epoll.add(started.process.failures.number, .read, token: Token.token(.start, program.process))
        }
    }

    private mutating func reap() throws {
        while let (pid, exit, usage) = try ChildProcess.reapAny() {
            if leftovers.reaped(pid) { continue }
            guard let index = processes.firstIndex(where: { $0.pid == pid }) else { continue }
            if processes[index].lifecycle.state == .starting { try advance(index, try processes[index].start()) }
            let process = processes[index]
            if process.reports.contains(.usage) {
                try link.send(
                    .used(
                        process: process.number, cpuMicroseconds: usage.cpuMicroseconds,
                        memoryPeakBytes: usage.memoryPeakBytes), epoll)
            }
            try advance(index, .reaped(exit))
            processes.remove(at: index)
        }
    }

    /// Records an event of a process and does what follows from it.
    private mutating func advance(_ index: Int, _ event: ProcessLifecycle.Event) throws {
        let effects = processes[index].lifecycle.handle(event)
        let process = processes[index]
        for effect in effects {
            switch effect {
            case .reportStart:
                guard process.reports.contains(.start) else { continue }
                try link.send(.started(process: process.number, pid: process.pid), epoll)
            case .reportRefusal(let failure): try link.send(process.plan.refusal(failure), epoll)
            case .reportEnd(.code(let code)): try link.send(.exited(process: process.number, code: code), epoll)
            case .reportEnd(.signal(let signal)):
                try link.send(.signalled(process: process.number, signal: signal), epoll)
            case .cleanUp(let hasFailed): leftovers.ended(process.program, hasFailed: hasFailed)
            }
        }
    }
}
