// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import Subprocess

/// The disks of stateful sandboxes: sparse ext4 images of the exact size, so that blocks and inodes are bounded on any
/// file system below. Each is a copy of a formatted template, which is a few hundred KiB of data whatever its size.
actor DiskImages {
    private let directory: String
    private var templates: [Int: Task<Void, any Error>] = [:]
    /// What mounted disks may still write, by sandbox: their size less what they hold.
    private var promised: [SandboxID: Int] = [:]

    /// What stays free for the database and the host, in bytes.
    static let reserve = 64 << 20
    /// What a new disk takes at first, at most.
    private static let initial = 8 << 20

    init(dataDirectory: String) { directory = dataDirectory }

    private nonisolated func path(_ sandbox: SandboxID) -> String { "\(directory)/sandboxes/\(sandbox)/disk.ext4" }

    /// - Throws: `insufficient_storage` when there is no room for another disk, or for so many bytes of something else.
    func checkRoom(bytes: Int = initial) throws(OutpostError) {
        do {
            guard try freeBytes(at: directory) - outstanding - bytes >= Self.reserve else { throw Self.full }
        } catch {
            throw Self.translate(error, "the data directory cannot be read")
        }
    }

    /// Gets the disk of a sandbox ready to be mounted; one that was never used is made now.
    ///
    /// All its blocks can be written then: an image is sparse, and a write that the host cannot keep would be lost after
    /// the program was told that it succeeded.
    ///
    /// - Throws: `insufficient_storage`; `internal`, also when the disk is damaged; a disk that was to be made is not there
    ///   then.
    func promise(_ sandbox: SandboxID, mebibytes: Int) async throws(OutpostError) {
        let path = path(sandbox)
        do {
            if !exists(path) {
                try checkRoom()
                try await make(path, sandbox, mebibytes)
            }
            try await DiskCheck.mend(path)
            let missing = try SparseFile.unallocatedBytes(path)
            guard try freeBytes(at: directory) - outstanding - missing >= Self.reserve else { throw Self.full }
            promised[sandbox] = missing
        } catch {
            throw Self.translate(error, "the sandbox's disk cannot be made")
        }
    }

    /// The name appears when the disk is whole and durable, so that no crash leaves half of one.
    private func make(_ path: String, _ sandbox: SandboxID, _ mebibytes: Int) async throws {
        try await template(mebibytes)
        let source = templatePath(mebibytes)
        try await BlockingPool.shared.run { [directory] in
            let draft = path + ".new"
            try makeDirectories("\(directory)/sandboxes/\(sandbox)", mode: 0o700)
            try removeEntry(draft)
            try SparseFile.copy(source, to: draft)
            try renameFile(draft, to: path)
            try synchronizeDirectory(of: path)
        }
    }

    /// Takes the promise back when the disk is unmounted.
    func release(_ sandbox: SandboxID) { promised[sandbox] = nil }

    func remove(_ sandbox: SandboxID) async throws(OutpostError) {
        do {
            try await BlockingPool.shared.run { [directory] in
                let own = "\(directory)/sandboxes/\(sandbox)"
                if exists(own) { try removeTree(own) }
            }
        } catch {
            throw Self.translate(error, "the disk cannot be removed")
        }
    }

    func list() throws(OutpostError) -> [SandboxID] {
        do throws(SystemError) {
            guard exists("\(directory)/sandboxes") else { return [] }
            return try entries(of: "\(directory)/sandboxes").compactMap { SandboxID($0) }
        } catch {
            throw OutpostError(.internal, "the disks cannot be listed", cause: error)
        }
    }

    /// Whether there is less free than what is to stay free. What cannot be asked may be so.
    var isDiskFull: Bool {
        do throws(SystemError) { return try freeBytes(at: directory) < Self.reserve } catch { return true }
    }

    private var outstanding: Int { promised.values.reduce(0, +) }

    // MARK: - Templates

    private nonisolated func templatePath(_ mebibytes: Int) -> String { "\(directory)/image/ext4-\(mebibytes).img" }

    private func template(_ mebibytes: Int) async throws {
        if let task = templates[mebibytes] { return try await task.value }
        let path = templatePath(mebibytes)
        let task = Task {
            // One that an earlier server finished; it was renamed into place when it was whole.
            if !exists(path) { try await Self.format(path, mebibytes) }
        }
        templates[mebibytes] = task
        do {
            try await task.value
        } catch {
            templates[mebibytes] = nil
            throw error
        }
    }

    private static func format(_ path: String, _ mebibytes: Int) async throws {
        let draft = path + ".new"
        try removeEntry(draft)
        // The least journal is 1,024 blocks, 4 MiB: too much of a small disk. The tables are not written out, which keeps
        // the file sparse.
        let features = mebibytes < 64 ? "^has_journal,^resize_inode" : "has_journal,^resize_inode"
        let journal = mebibytes < 64 ? [] : ["-J", "size=4"]
        let arguments =
            ["-q", "-t", "ext4", "-b", "4096", "-i", "16384", "-m", "0", "-O", features]
            + ["-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0"] + journal
            + [draft, "\(mebibytes)m"]
        let result = try await Subprocess.run(
            .name("mkfs.ext4"), arguments: Arguments(arguments),
            environment: .custom(["PATH": "/usr/sbin:/sbin:/usr/bin:/bin"]), output: .discarded,
            error: .string(limit: 4096))
        guard case .exited(0) = result.terminationStatus else {
            throw OutpostError(
                .internal, "a disk cannot be formatted",
                cause: OutpostError(.internal, "mkfs.ext4: \(result.standardError)"))
        }
        try renameFile(draft, to: path)
    }

    private static let full = OutpostError(
        .insufficientStorage, "the host has too little free disk space for this sandbox", retryAfter: 60)

    private static func translate(_ error: any Error, _ message: String) -> OutpostError {
        if let error = error as? OutpostError { return error }
        if let error = error as? SystemError, [SystemError.noSpace, SystemError.quotaExceeded].contains(error.number) {
            return full
        }
        return OutpostError(.internal, message, cause: error)
    }
}
