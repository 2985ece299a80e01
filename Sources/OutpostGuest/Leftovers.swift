// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostCore
import OutpostLinux
import OutpostWire

/// What programs that are over leave for the agent to take away, before the next program at the latest. A sandbox that ends
/// with its program is gone before that: nothing need be taken away in it.
struct Leftovers {
    /// What programs see of their cgroups.
    private let view: CgroupView
    /// The process whose cgroup is seen in the sandbox's own mount namespace.
    private var viewer: UInt32?
    private var hasView = false
    private var folders: [(RunFolder, uid: UInt32, gid: UInt32)] = []
    /// The programs that were given the folders last, with these folders' roots, but for interpreters that wait.
    private var owners: [(root: String, process: UInt32)] = []
    /// Children that take folders away.
    private var clearing: [Int32] = []

    init(_ view: CgroupView) { self.view = view }

    /// Milliseconds to wait for something else first, -1 for ever.
    var patience: Int32 { hasView || !folders.isEmpty ? 10 : -1 }

    /// Whether something is being taken away now. No program starts meanwhile.
    var isClearing: Bool { !clearing.isEmpty }

    /// A program is about to start.
    mutating func began(_ program: GuestProgram, seesView: Bool) {
        if seesView { viewer = program.process }
        guard let folder = program.folder, !folder.options.contains(.waits) else { return }
        disown(folder)
        owners.append((folder.root, program.process))
    }

    /// A program has ended, or could not be started.
    mutating func note(_ program: GuestProgram, hasFailed: Bool) {
        if viewer == program.process {
            viewer = nil
            hasView = true
        }
        guard let folder = program.folderToRemove(hasFailed: hasFailed) else { return }
        // An interpreter that waited, and it may have waited in vain, is told late what folder it has, and its end may be
        // heard of after the start of the next program.
        let owner = owners.first { $0.root == folder.root }?.process
        guard folder.options.contains(.waits) ? owner == nil : owner == program.process else { return }
        disown(folder)
        folders.append((folder, program.uid, program.gid))
    }

    private mutating func disown(_ folder: RunFolder) { owners.removeAll { $0.root == folder.root } }

    /// Begins to take away what programs saw of their cgroups, which are gone by now, and what the platform wrote for them.
    mutating func clear() throws {
        if hasView { view.hide() }
        hasView = false
        for (folder, uid, gid) in folders { clearing.append(try Self.clear(folder, uid: uid, gid: gid)) }
        folders = []
    }

    private static func clear(_ folder: RunFolder, uid: UInt32, gid: UInt32) throws -> Int32 {
        let failures = try Descriptor.pipe()
        // With the rights of the program, which may have put anything in its place. What cannot be removed stays: it is
        // moved away when the place is needed.
        return try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [.setIDs(uid: uid, gid: gid), .capabilities([], ambient: []), .clearRunFolder(folder), .exit(0)]
        ).pid
    }

    /// A child has ended; true when it was one of these.
    mutating func reaped(_ pid: Int32) -> Bool {
        guard let index = clearing.firstIndex(of: pid) else { return false }
        clearing.remove(at: index)
        return true
    }
}
