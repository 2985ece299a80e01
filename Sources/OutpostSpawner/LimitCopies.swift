// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The directories with copies of the limits of runs, which programs see in place of the kernel's cgroup files
/// (`CgroupView`).
///
/// Each run has a directory of its own, because sandboxes could send signals to each other with locks and watches on shared
/// inodes. The directory of an ended run is used again: usually with the same limits, and then nothing is written.
struct LimitCopies {
    /// Where the copies are in the spawner's root.
    private static let standardRoot = "/limits"

    private struct Directory {
        let number: Int
        /// The copies that it has; nil when a write failed.
        var limits: CgroupLimits?
    }

    private let view: CgroupView
    /// The directory of all copies.
    private let root: String
    /// By run.
    private var used: [UInt64: Directory] = [:]
    private var free: [Directory] = []

    /// - Parameters:
    ///   - view: which files there are.
    ///   - root: an existing directory for the copies.
    init(_ view: CgroupView, root: String = Self.standardRoot) {
        self.view = view
        self.root = root
    }

    /// Mounts the file system of the copies, with nothing in it.
    ///
    /// - Parameter point: the directory that becomes the spawner's root.
    /// - Returns: its device number.
    /// - Throws: `SystemError`. The process must end then.
    static func makeFileSystem(below point: String) throws(SystemError) -> UInt64 {
        try makeDirectory(point + standardRoot)
        let own = try DetachedMount.new(type: "tmpfs", options: [("size", "64m"), ("mode", "0755")])
        try own.attach(at: point + standardRoot)
        return try own.descriptor.device()
    }

    /// Makes the copies of a run's limits.
    ///
    /// - Returns: their directory.
    /// - Throws: `SystemError`. `remove` must be called then too.
    mutating func insert(_ run: UInt64, _ limits: CgroupLimits) throws(SystemError) -> String {
        let index = free.lastIndex { $0.limits == limits } ?? free.indices.last
        // If none is free, all that there are are used.
        let directory = index.map { free.remove(at: $0) } ?? Directory(number: used.count)
        used[run] = directory
        let path = path(directory.number)
        if directory.limits == nil {
            for name in [path] + view.copyDirectories.map({ "\(path)/\($0)" }) { try makeDirectory(name) }
        }
        try update(run, to: limits)
        return path
    }

    /// Changes the copies of a run, if it has any.
    ///
    /// - Throws: `SystemError`. Some copies can be old then.
    mutating func update(_ run: UInt64, to limits: CgroupLimits) throws(SystemError) {
        guard let directory = used[run], directory.limits != limits else { return }
        let old = directory.limits.map { Set(view.copies(of: $0)) } ?? []
        used[run]?.limits = nil
        for copy in view.copies(of: limits) where !old.contains(copy) {
            try writeLine(copy.text, to: "\(path(directory.number))/\(copy.path)")
        }
        used[run]?.limits = limits
    }

    /// Gives the directory of a run back. Does nothing for a run without one.
    mutating func remove(_ run: UInt64) {
        if let directory = used.removeValue(forKey: run) { free.append(directory) }
    }

    private func path(_ number: Int) -> String { "\(root)/\(number)" }
}
