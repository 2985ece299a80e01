// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostCore
import OutpostLinux
import OutpostWire

/// The clean-up after ended programs: their cgroup views and run folders. It happens before the next program starts, or after
/// a short idle time. A sandbox that ends with its program ends before that and needs no clean-up.
struct Leftovers {
    /// The cgroup files that programs see.
    private let view: CgroupView
    /// The process whose cgroup view is in the sandbox's own mount namespace.
    private var viewer: UInt32?
    /// Whether the view of an ended program must be unmounted.
    private var hasView = false
    /// The folders to remove, with the ids of their programs.
    private var folders: [(RunFolder, uid: UInt32, gid: UInt32)] = []
    /// The latest program of each folder, by the folder's root. Warm interpreters are not included.
    private var owners: [(root: String, process: UInt32)] = []
    /// The pids of children that remove folders.
    private var clearing: [Int32] = []
    /// Whether the last clean-up could not start a child for each folder.
    private var hasFailed = false
    private let remove: (RunFolder, _ uid: UInt32, _ gid: UInt32) throws(SystemError) -> Int32

    /// - Parameter remove: starts a child that removes a folder, and returns its pid.
    init(
        _ view: CgroupView,
        remove: @escaping (RunFolder, _ uid: UInt32, _ gid: UInt32) throws(SystemError) -> Int32 = Leftovers.startChild
    ) {
        self.view = view
        self.remove = remove
    }

    /// The idle milliseconds before the clean-up; -1 when there is nothing to clean up.
    var patience: Int32 {
        guard hasView || !folders.isEmpty else { return -1 }
        return hasFailed ? 1000 : 10
    }

    /// Whether a clean-up is in progress. No program must start then.
    var isClearing: Bool { !clearing.isEmpty }

    /// Records a program that is about to start.
    mutating func started(_ program: GuestProgram, seesView: Bool) {
        if seesView { viewer = program.process }
        guard let folder = program.folder else { return }
        // A folder that could not be removed belongs to this program now, which renames the old entry.
        folders.removeAll { $0.0.root == folder.root }
        guard !folder.options.contains(.waits) else { return }
        disown(folder)
        owners.append((folder.root, program.process))
    }

    /// Records a program that has ended or could not be started.
    mutating func ended(_ program: GuestProgram, hasFailed: Bool) {
        if viewer == program.process {
            viewer = nil
            hasView = true
        }
        guard let folder = program.folderToRemove(hasFailed: hasFailed) else { return }
        // A warm interpreter gets its folder late, or never. The report of its end can come after the start of the next program,
        // which then owns the folder.
        let owner = owners.first { $0.root == folder.root }?.process
        guard folder.options.contains(.waits) ? owner == nil : owner == program.process else { return }
        disown(folder)
        folders.append((folder, program.uid, program.gid))
    }

    private mutating func disown(_ folder: RunFolder) { owners.removeAll { $0.root == folder.root } }

    /// Unmounts the view of an ended program, and starts a child for each folder to remove. The sandbox may have no room for
    /// another process or descriptor. Then the folder stays for the next call.
    mutating func clear() {
        if hasView { view.hide() }
        hasView = false
        let all = folders
        folders = []
        for entry in all {
            do throws(SystemError) {
                clearing.append(try remove(entry.0, entry.uid, entry.gid))
            } catch {
                folders.append(entry)
            }
        }
        hasFailed = !folders.isEmpty
    }

    /// Starts a child that removes a folder.
    ///
    /// - Returns: its pid.
    static func startChild(_ folder: RunFolder, uid: UInt32, gid: UInt32) throws(SystemError) -> Int32 {
        let failures = try Descriptor.pipe()
        // The child has only the rights of the program, which can have put anything at the path. If the removal fails, a later
        // run renames the entry.
        return try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [.setIDs(uid: uid, gid: gid), .capabilities([], ambient: []), .clearRunFolder(folder), .exit(0)]
        ).pid
    }

    /// Records the end of a child.
    ///
    /// - Returns: whether the child removed a folder.
    mutating func reaped(_ pid: Int32) -> Bool {
        guard let index = clearing.firstIndex(of: pid) else { return false }
        clearing.remove(at: index)
        return true
    }
}
