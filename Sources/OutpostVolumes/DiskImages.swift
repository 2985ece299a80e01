// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux
import Subprocess

/// The disks of stateful sandboxes. A disk is a sparse ext4 image of its exact size, so its blocks and inodes are bounded
/// on any file system of the host. It is a copy of a formatted template, which has a few hundred KiB of data at any size.
public actor DiskImages: SandboxDisks {
    /// Bytes that stay free for the database and the host.
    static let reserve = 64 << 20
    /// The most bytes that a new disk takes.
    private static let initial = 8 << 20

    let directory: String
    private let shares: @Sendable (NamespaceName) -> NamespaceShare
    /// Tasks that format the templates, by size in MiB.
    private var templates: [Int: Task<Void, any Error>] = [:]
    var room: DiskRoom
    var sealed = SealedDiskTable()
    /// Sandboxes whose disks are being prepared for a mount. None of them is in `sealing`.
    private var promising: [SandboxID: Int] = [:]
    /// Sandboxes whose disks are being sealed.
    private var sealing: Set<SandboxID> = []
    /// Sandboxes whose disks are durable and are being unmounted.
    var leaving: Set<SandboxID> = []

    /// - Parameters:
    ///   - dataDirectory: the server's data directory.
    ///   - shares: returns the part of the host that a namespace may hold.
    public init(
        dataDirectory: String, shares: @escaping @Sendable (NamespaceName) -> NamespaceShare = { _ in NamespaceShare() }
    ) {
        directory = dataDirectory
        self.shares = shares
        room = DiskRoom(directory: dataDirectory)
    }

    nonisolated func path(_ sandbox: SandboxID) -> String { "\(directory)/sandboxes/\(sandbox)/disk.ext4" }

    public func checkRoom() throws(OutpostError) { try checkRoom(bytes: Self.initial) }

    public func checkRoom(bytes: Int) throws(OutpostError) {
        do {
            guard try room.hasRoom(for: bytes) else { throw Self.full }
        } catch {
            throw Self.translate(error, "the data directory cannot be read")
        }
    }

    public var roomForMore: Int? { try? room.available() }

    public func promise(_ sandbox: SandboxID, mebibytes: Int, to namespace: NamespaceName) async throws(OutpostError) {
        let path = path(sandbox)
        var isNew = false
        guard !sealing.contains(sandbox) else { throw Self.isBeingSealed }
        promising[sandbox, default: 0] += 1
        defer { promising[sandbox] = promising[sandbox].flatMap { $0 > 1 ? $0 - 1 : nil } }
        do {
            if !exists(path) {
                isNew = true
                try check(sandbox, namespace, size: mebibytes << 20, missing: mebibytes << 20)
                try await make(path, sandbox, mebibytes)
            }
            try await DiskCheck.repairIfNeeded(path)
            leaving.remove(sandbox)
            let (size, missing) = try SparseFile.sizes(path)
            // Other calls may have been promised space in the meantime.
            try check(sandbox, namespace, size: size, missing: missing)
            room.mount(sandbox, path: path, size: size, of: namespace)
        } catch {
            if isNew { await discardUnused(sandbox) }
            throw Self.translate(error, "the sandbox's disk cannot be made")
        }
    }

    /// Runs `body` while no other call can use the sandbox's disk.
    ///
    /// - Throws: `conflict` when the sandbox is running; `unavailable` during another sealing; the error of `body`.
    func whileSealing(_ sandbox: SandboxID, _ body: () async throws -> Void) async throws {
        guard !room.isMounted(sandbox), promising[sandbox] == nil else {
            throw OutpostError(.conflict, "the sandbox is running, so its disk cannot be sealed")
        }
        guard sealing.insert(sandbox).inserted else { throw Self.isBeingSealed }
        defer { sealing.remove(sandbox) }
        try await body()
    }

    /// Checks that the host has `missing` bytes free and that the namespace may hold a disk of `size` bytes.
    ///
    /// - Parameter sandbox: the disk's sandbox. Its current disk does not count. Nil for a disk without a sandbox.
    /// - Throws: `insufficient_storage`.
    func check(_ sandbox: SandboxID?, _ namespace: NamespaceName, size: Int, missing: Int) throws {
        guard try room.hasRoom(for: missing) else { throw Self.full }
        let held = held(by: namespace, without: sandbox)
        guard let limit = shares(namespace).diskMiB else {
            let bound = StorageBound.share(free: try room.available())
            guard bound.allows(held: held + size - missing, adding: missing) else {
                throw bound.refusal(.disk, held: held, in: namespace)
            }
            return
        }
        guard held + size <= limit << 20 else {
            throw QuotaStanding(.disk, limit: limit, used: held >> 20).refusal(in: namespace)
        }
    }

    /// Removes the new disk of a sandbox whose start failed. If this fails, the next start of the server removes it.
    private func discardUnused(_ sandbox: SandboxID) async {
        do throws(OutpostError) { try await remove(sandbox) } catch { room.unmount(sandbox) }
    }

    public func adopt(_ disks: [SandboxID: NamespaceName]) {
        for (sandbox, namespace) in disks where exists(path(sandbox)) {
            room.adopt(sandbox, path: path(sandbox), of: namespace)
        }
    }

    private func held(by namespace: NamespaceName, without sandbox: SandboxID? = nil) -> Int {
        room.held(by: namespace, without: sandbox) + sealed.held(by: namespace)
    }

    public func standing(of namespace: NamespaceName) -> QuotaStanding {
        let held = held(by: namespace)
        var limit = shares(namespace).diskMiB
        // Without the free space there is no limit to report.
        if limit == nil, let available = try? room.available() { limit = FairShare.most(of: held + available) >> 20 }
        return QuotaStanding(.disk, limit: limit, used: (held + (1 << 20) - 1) >> 20)
    }

    /// Makes a disk under another name and renames it when it is complete and durable. So no crash leaves a part of a
    /// disk.
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

    public func release(_ sandbox: SandboxID, isUnmounted: Bool) {
        room.unmount(sandbox)
        if !isUnmounted { leaving.insert(sandbox) }
    }

    public func remove(_ sandbox: SandboxID) async throws(OutpostError) {
        guard !sealing.contains(sandbox) else { throw Self.isBeingSealed }
        do {
            try await BlockingPool.shared.run { [directory] in
                let own = "\(directory)/sandboxes/\(sandbox)"
                if exists(own) { try removeTree(own) }
            }
            room.remove(sandbox)
            leaving.remove(sandbox)
        } catch {
            throw Self.translate(error, "the disk cannot be removed")
        }
    }

    public func usage(of sandbox: SandboxID) -> DiskUsage? {
        // A disk that cannot be read still exists.
        guard exists(path(sandbox)) else { return nil }
        guard let image = try? Descriptor.open(path(sandbox), .readOnly), let state = try? Ext4State(image) else {
            return DiskUsage(bytes: 0, files: 0)
        }
        return DiskUsage(bytes: state.usedBytes, files: state.usedFiles)
    }

    public func list() throws(OutpostError) -> [SandboxID] {
        do throws(SystemError) {
            guard exists("\(directory)/sandboxes") else { return [] }
            return try entries(of: "\(directory)/sandboxes").compactMap { SandboxID($0) }
        } catch {
            throw OutpostError(.internal, "the disks cannot be listed", cause: error)
        }
    }

    /// Whether less than `reserve` is free. True when the free space is unknown.
    public var isDiskFull: Bool {
        do throws(SystemError) { return try freeBytes(at: directory) < Self.reserve } catch { return true }
    }

    // MARK: - Templates

    private nonisolated func templatePath(_ mebibytes: Int) -> String { "\(directory)/image/ext4-\(mebibytes).img" }

    private func template(_ mebibytes: Int) async throws {
        if let task = templates[mebibytes] { return try await task.value }
        let path = templatePath(mebibytes)
        let task = Task {
            // A template of an earlier server is complete, because it was renamed after it was complete.
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
        // The smallest journal is 1,024 blocks, or 4 MiB, which is too much for a small disk. The lazy options leave the
        // tables unwritten, which keeps the file sparse.
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

    private static let isBeingSealed = OutpostError(
        .unavailable, "the sandbox's disk is being sealed", retryAfter: 1)

    static func translate(_ error: any Error, _ message: ErrorText) -> OutpostError {
        if let error = error as? OutpostError { return error }
        if let error = error as? SystemError, [SystemError.noSpace, SystemError.quotaExceeded].contains(error.number) {
            return full
        }
        return OutpostError(.internal, message, cause: error)
    }
}
