// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostCore
import OutpostLinux
import OutpostWire

/// Pid 1 of a sandbox: starts programs for the host, tells how they ended, and reaps what is orphaned. It trusts nothing
/// inside the sandbox and is not trusted by the host.
public struct GuestAgent {
    private let socket: MessageSocket
    /// Where the host reads what became of programs.
    private let events: Descriptor
    private let signals: ChildSignals
    /// What programs see of their cgroups.
    private let view: CgroupView
    /// The program whose cgroup is seen in the sandbox's own mount namespace.
    private var viewer: UInt32?
    private var decoder = FrameDecoder()
    private var descriptors: [Descriptor] = []
    private var staging = StagedFiles()
    /// Programs by the pid of their main process.
    private var running: [Int32: GuestProgram] = [:]
    /// The programs that were given the folders last, by these folders' roots, but for interpreters that wait.
    private var owners: [String: UInt32] = [:]

    /// Serves the host at the other ends of descriptors 3 and 4, a socket and a pipe, until the socket's closes; the kernel
    /// then kills the sandbox, since its pid 1 ends.
    ///
    /// - Parameter hierarchies: those of the cgroups that programs see.
    public static func serve(hierarchies: [String]) throws {
        try Privileges.dieWithParent()
        // When the machine itself runs out of memory, a sandbox goes before anything of the host.
        try writeFile("/proc/self/oom_score_adj", "1000")
        try Privileges.hide()
        var agent = GuestAgent(
            socket: MessageSocket(Descriptor(owning: 3)), events: Descriptor(owning: 4), signals: try ChildSignals(),
            view: CgroupView(hierarchies))
        try agent.run()
    }

    private init(socket: MessageSocket, events: Descriptor, signals: ChildSignals, view: CgroupView) {
        self.socket = socket
        self.events = events
        self.signals = signals
        self.view = view
    }

    private mutating func run() throws {
        while true {
            let results = try poll([PollEntry(socket.descriptor.number), PollEntry(signals.descriptor.number)])
            if results[1].isReadable {
                try signals.clear()
                try reap()
            }
            if results[0].isReadable || results[0].isClosed {
                guard try receive() else { return }
            }
        }
    }

    private mutating func reap() throws {
        while let (pid, exit) = try ChildProcess.reapAny() {
            guard let program = running.removeValue(forKey: pid) else { continue }
            switch exit {
            case .code(let code): try send(.exited(run: program.run, code: code))
            case .signal(let signal): try send(.signalled(run: program.run, signal: signal))
            }
            hideCgroup(of: program)
            try endFolder(of: program, hasFailed: exit != .code(0))
        }
    }

    /// Takes away what the program saw of its cgroup, which is about to be removed.
    private mutating func hideCgroup(of program: GuestProgram) {
        guard viewer == program.run else { return }
        viewer = nil
        view.hide()
    }

    /// Removes what the platform wrote for a run that is over. The host need not wait for that: what it asks for next is
    /// looked at afterwards.
    private mutating func endFolder(of program: GuestProgram, hasFailed: Bool) throws {
        guard let folder = program.folderThatEnds(hasFailed: hasFailed) else { return }
        // An interpreter that waited, and it may have waited in vain, is told late what folder it has, and its end may be
        // heard of after the start of the next program.
        let owner = owners[folder.root]
        guard folder.options.contains(.waits) ? owner == nil : owner == program.run else { return }
        owners[folder.root] = nil
        let failures = try Descriptor.pipe()
        // With the rights of the program, which may have put anything in its place. What cannot be removed stays: it is
        // moved away when the place is needed.
        let child = try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [
                .setIDs(uid: program.uid, gid: program.gid), .capabilities([], ambient: []), .clearRunFolder(folder),
                .exit(0),
            ])
        _ = try child.wait()
    }

    /// Takes what has come; false at the end.
    private mutating func receive() throws -> Bool {
        switch try socket.receive(limit: 262_144) {
        case .end: return false
        case .nothing: return true
        case .message(let bytes, let received):
            descriptors += received
            decoder.append(bytes)
            while let frame = try decoder.next() { try handle(GuestRequest(frame)) }
            return true
        }
    }

    private mutating func handle(_ request: GuestRequest) throws {
        switch request {
        case .stage(let run, let path, let mode, let part):
            staging.append(run: run, path: path, mode: mode, part: part)
        case .start(let program):
            guard descriptors.count >= Int(program.descriptors), program.descriptors >= 3 + program.copies.count else {
                throw WireError("start came with \(descriptors.count) descriptors")
            }
            let streams = Array(descriptors.prefix(Int(program.descriptors)))
            descriptors.removeFirst(streams.count)
            try start(program, streams)
        }
    }

    private mutating func start(_ program: GuestProgram, _ descriptors: [Descriptor]) throws {
        let isAlone = running.isEmpty
        let plan = ProgramSteps(
            program, files: staging.take(run: program.run), descriptors: descriptors.map(\.number), view: view,
            isAlone: isAlone)
        if let folder = program.folder, !folder.options.contains(.waits) { owners[folder.root] = program.run }
        let failures = try Descriptor.pipe()
        let child = try ChildProcess.clone(sandboxed: false, failures: failures.write, plan.steps)
        if isAlone { viewer = program.run }
        try withExtendedLifetime(descriptors) {
            guard let failure = try Self.failure(failures) else {
                running[child.pid] = program.forWaiting
                return
            }
            _ = try child.wait()
            try send(plan.refusal(failure))
            hideCgroup(of: program)
            try endFolder(of: program, hasFailed: true)
        }
    }

    /// Closes this process's write end first, so that the exec is the end of the file.
    private static func failure(
        _ pipe: consuming (read: Descriptor, write: Descriptor)
    ) throws(SystemError) -> ChildProcess.Failure? {
        let read = pipe.read
        pipe.write.closeNow()
        return try ChildProcess.failure(from: read)
    }

    private func send(_ event: GuestEvent) throws(SystemError) {
        try events.writeAll(event.frame.encoded)
    }
}

extension GuestProgram {
    /// What is needed of it until it ends.
    fileprivate var forWaiting: GuestProgram {
        GuestProgram(
            run: run, descriptors: 0, uid: uid, gid: gid, arguments: [], environment: [], directory: "", limits: [],
            filters: [], folder: folder)
    }
}
