// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostCore
import OutpostLinux
import OutpostWire

/// Pid 1 of a sandbox: starts programs for the host, carries their streams, tells how they ended, and reaps what is orphaned.
/// It trusts nothing inside the sandbox and is not trusted by the host. It is one loop that never waits for anything but its
/// next event.
public struct GuestAgent {
    private let epoll: Epoll
    private var link: HostLink
    private let signals: ChildSignals
    private let view: CgroupView
    private var leftovers: Leftovers
    private var staging = StagedFiles()
    // There are never many of these, and most agents start one program only, for which the first dictionary of a kind takes
    // longer than all the rest: the runtime makes its type.
    private var processes: [GuestProcess] = []
    private var streams = StreamTable()
    /// Programs that start when what earlier ones have left is taken away.
    private var pending: [(program: GuestProgram, descriptors: [Descriptor])] = []

    /// Serves the host at the other ends of descriptors 3 and 4, a socket and a pipe, until the socket's closes; the kernel
    /// then kills the sandbox, since its pid 1 ends.
    ///
    /// - Parameter hierarchies: those of the cgroups that programs see.
    public static func serve(hierarchies: [String]) throws {
        try Privileges.dieWithParent()
        // When the machine itself runs out of memory, a sandbox goes before anything of the host.
        try writeFile("/proc/self/oom_score_adj", "1000")
        try Privileges.hide()
        Privileges.surviveBrokenPipes()
        var agent = try GuestAgent(
            requests: MessageSocket(Descriptor(owning: 3)), events: Descriptor(owning: 4),
            view: CgroupView(hierarchies))
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

    /// What this agent can do where it shares a kernel with others.
    private static let features: Hello.Features = [
        .processes, .attachedStreams, .framedStreams, .terminals, .workers,
    ]

    mutating func run() throws {
        try link.send(.hello(Hello(features: Self.features)), epoll)
        while true {
            let events = try epoll.wait(milliseconds: leftovers.patience)
            if events.isEmpty { try leftovers.clear() }
            for event in events {
                guard try handle(event) else { return }
            }
            try startPending()
            if !streams.isEmpty { try streams.settle(epoll, hasRoom: link.hasRoom) }
        }
    }

    /// Does what a descriptor is ready for; false at the end.
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
        // Another event of the same wait may have used up the room.
        case .output where !link.hasRoom: return
        case .output: try say(streams.read(number), of: number)
        case .input: try say(streams.write(number), of: number)
        }
    }

    private mutating func say(_ message: StreamMessage?, of stream: UInt32) throws {
        if let message { try link.send(.stream(stream, message), epoll) }
    }

    // MARK: - Requests

    /// Does what the host asks for; false when that is to end.
    private mutating func handle(_ request: GuestRequest) throws -> Bool {
        switch request {
        // The link has taken it.
        case .hello: break
        case .stage(let process, let path, let mode, let part):
            staging.append(process: process, path: path, mode: mode, part: part)
        case .start(let program):
            pending.append((program, try link.takeDescriptors(of: program)))
            // What was sent for one stream after its process must find it.
            try startPending()
        case .signal(let process, let signal): try self.signal(process, signal)
        case .resize(let process, let size):
            guard let terminal = processes.first(where: { $0.number == process })?.terminal else { return true }
            try PseudoTerminal.resize(terminal.host, rows: size.rows, columns: size.columns)
        case .stream(let stream, let message):
            if case .reset = message { hangUp(stream) }
            try say(streams.take(message, of: stream, epoll), of: stream)
        case .setClock, .addEntropy:
            try link.send(.failed(errno: SystemError.notPermitted, detail: "the machine is not this sandbox's"), epoll)
        case .shutDown: return false
        }
        return true
    }

    /// A terminal hangs up when nobody has its host's side open any more.
    private mutating func hangUp(_ stream: UInt32) {
        guard let index = processes.firstIndex(where: { $0.terminal?.stream == stream }) else { return }
        processes[index].terminal = nil
    }

    /// The agent itself may signal nobody: a child does it that has become the program's user.
    private mutating func signal(_ number: UInt32, _ signal: Int32) throws {
        guard let process = processes.first(where: { $0.number == number }) else { return }
        do throws(SystemError) {
            let failures = try Descriptor.pipe()
            _ = try ChildProcess.clone(
                sandboxed: false, failures: failures.write,
                [
                    .setIDs(uid: process.uid, gid: process.gid), .capabilities([], ambient: []),
                    .signal(signal, processGroup: process.pid), .exit(0),
                ])
        } catch {
            // A sandbox that has no room for another process is none that must end.
            try link.send(.failed(errno: error.number, detail: "signal the process \(number)"), epoll)
        }
    }

    // MARK: - Processes

    private mutating func startPending() throws {
        guard !pending.isEmpty else { return }
        try leftovers.clear()
        while !leftovers.isClearing, !pending.isEmpty {
            let (program, descriptors) = pending.removeFirst()
            try start(program, descriptors)
        }
    }

    private mutating func start(_ program: GuestProgram, _ descriptors: [Descriptor]) throws {
        // A worker sees nothing of the cgroups, and nobody sees its.
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
        leftovers.began(program, seesView: isAlone && program.task == .program)
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

    /// Takes what has happened to a process.
    private mutating func advance(_ index: Int, _ event: ProcessLifecycle.Event) throws {
        let effects = processes[index].lifecycle.take(event)
        let process = processes[index]
        for effect in effects {
            switch effect {
            case .tellStart:
                guard process.reports.contains(.start) else { continue }
                try link.send(.started(process: process.number, pid: process.pid), epoll)
            case .tellRefusal(let failure): try link.send(process.plan.refusal(failure), epoll)
            case .tellEnd(.code(let code)): try link.send(.exited(process: process.number, code: code), epoll)
            case .tellEnd(.signal(let signal)):
                try link.send(.signalled(process: process.number, signal: signal), epoll)
            case .clear(let hasFailed): leftovers.note(process.program, hasFailed: hasFailed)
            }
        }
    }
}
