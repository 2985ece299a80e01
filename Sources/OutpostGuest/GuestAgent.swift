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
    /// What is still to be taken away of programs that are over.
    private var leftovers = Leftovers()
    private var decoder = FrameDecoder()
    private var descriptors: [Descriptor] = []
    private var staging = StagedFiles()
    // There are never many of these, and most agents start one program only, for which the first dictionary of a kind takes
    // longer than all the rest: the runtime makes its type.
    /// Programs, and the pids of their main processes.
    private var running: [(pid: Int32, program: GuestProgram)] = []
    /// The programs that were given the folders last, with these folders' roots, but for interpreters that wait.
    private var owners: [(root: String, run: UInt32)] = []

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
            let results = try poll(
                [PollEntry(socket.descriptor.number), PollEntry(signals.descriptor.number)],
                milliseconds: leftovers.patience)
            if !results.contains(where: { $0.isReadable || $0.isClosed }) { try clear() }
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
            guard let position = running.firstIndex(where: { $0.pid == pid }) else { continue }
            let program = running.remove(at: position).program
            switch exit {
            case .code(let code): try send(.exited(run: program.run, code: code))
            case .signal(let signal): try send(.signalled(run: program.run, signal: signal))
            }
            noteLeftovers(of: program, hasFailed: exit != .code(0))
        }
    }

    private mutating func noteLeftovers(of program: GuestProgram, hasFailed: Bool) {
        if viewer == program.run {
            viewer = nil
            leftovers.hasView = true
        }
        noteFolder(of: program, hasFailed: hasFailed)
    }

    private mutating func noteFolder(of program: GuestProgram, hasFailed: Bool) {
        guard let folder = program.folderThatEnds(hasFailed: hasFailed) else { return }
        // An interpreter that waited, and it may have waited in vain, is told late what folder it has, and its end may be
        // heard of after the start of the next program.
        let owner = owners.first { $0.root == folder.root }?.run
        guard folder.options.contains(.waits) ? owner == nil : owner == program.run else { return }
        disown(folder)
        leftovers.folders.append((folder, program.uid, program.gid))
    }

    private mutating func disown(_ folder: RunFolder) { owners.removeAll { $0.root == folder.root } }

    /// Takes away what programs that are over left: what they saw of their cgroups, which are gone by now, and what the
    /// platform wrote for them.
    private mutating func clear() throws {
        if leftovers.hasView { view.hide() }
        for (folder, uid, gid) in leftovers.folders { try clear(folder, uid: uid, gid: gid) }
        leftovers = Leftovers()
    }

    private func clear(_ folder: RunFolder, uid: UInt32, gid: UInt32) throws {
        let failures = try Descriptor.pipe()
        // With the rights of the program, which may have put anything in its place. What cannot be removed stays: it is
        // moved away when the place is needed.
        let child = try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [
                .setIDs(uid: uid, gid: gid), .capabilities([], ambient: []), .clearRunFolder(folder), .exit(0),
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
        try clear()
        let isAlone = running.isEmpty
        let plan = ProgramSteps(
            program, files: staging.take(run: program.run), descriptors: descriptors.map(\.number), view: view,
            isAlone: isAlone)
        if let folder = program.folder, !folder.options.contains(.waits) {
            disown(folder)
            owners.append((folder.root, program.run))
        }
        let failures = try Descriptor.pipe()
        let child = try ChildProcess.clone(sandboxed: false, failures: failures.write, plan.steps)
        if isAlone { viewer = program.run }
        try withExtendedLifetime(descriptors) {
            guard let failure = try Self.failure(failures) else {
                running.append((child.pid, program.forWaiting))
                return
            }
            _ = try child.wait()
            try send(plan.refusal(failure))
            noteLeftovers(of: program, hasFailed: true)
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

/// What programs that are over leave for the agent to take away, before the next program at the latest. A sandbox that ends
/// with its program is gone before that: nothing need be taken away in it.
private struct Leftovers {
    var hasView = false
    var folders: [(RunFolder, uid: UInt32, gid: UInt32)] = []

    /// Milliseconds to wait for something else first, -1 for ever.
    var patience: Int32 { hasView || !folders.isEmpty ? 10 : -1 }
}

extension GuestProgram {
    /// What is needed of it until it ends.
    fileprivate var forWaiting: GuestProgram {
        GuestProgram(
            run: run, descriptors: 0, uid: uid, gid: gid, arguments: [], environment: [], directory: "", limits: [],
            filters: [], folder: folder)
    }
}
