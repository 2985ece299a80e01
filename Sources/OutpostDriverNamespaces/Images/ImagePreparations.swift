// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import Subprocess

/// Fills the image's folder for compiler caches.
///
/// The commands are toolchains of the host, on their own libraries, and get no input of a client. Therefore they run on
/// the host. They fill a copy of the image's root, which then replaces the root. Running sandboxes keep the old root
/// mounted.
struct ImagePreparations {
    let root: String
    private let draft: String

    /// A file in the image with the identities of the preparations that it contains.
    private static let record = "\(ImagePaths.caches)/.prepared"
    /// 2100-01-01. Toolchains neither refresh nor delete cache files with this date. Both would copy the files in each
    /// sandbox.
    private static let farFuture = 4_102_444_800

    init(dataDirectory: String) {
        root = "\(dataDirectory)/image/rootfs"
        draft = "\(dataDirectory)/image/rootfs.new"
    }

    /// Runs the preparations. Does nothing when the image already contains them.
    ///
    /// - Throws: the first error. The image is unchanged then.
    func carryOut(_ preparations: [ImagePreparation]) async throws {
        let identity = preparations.map(\.identity).sorted().joined(separator: "\n") + "\n"
        if exists(root + Self.record), try readText(root + Self.record) == identity { return }
        try await BlockingPool.shared.run {
            if exists(draft) { try removeTree(draft) }
            try linkTree(root, to: draft, omitting: [ImagePaths.caches])
            try makeDirectories(draft + ImagePaths.caches)
        }
        for preparation in preparations { try await run(preparation, caches: draft + ImagePaths.caches) }
        try await BlockingPool.shared.run {
            try openTree(draft + ImagePaths.caches, modifiedAt: Self.farFuture)
            try writeFile(draft + Self.record, identity, flags: [.writeOnly, .create, .truncate], mode: 0o644)
            // The old root gets the draft's name and stays, because running sandboxes may have it mounted.
            try exchangeEntries(draft, root)
        }
    }

    private func run(_ preparation: ImagePreparation, caches: String) async throws {
        let home = "\(caches)/.home"
        try makeDirectory(home)
        let variables = preparation.environment(caches).map { "\($0.name)=\($0.value)" }
        let result = try await Subprocess.run(
            .name("setpriv"),
            arguments: Arguments(
                Self.dyingWithServer + ["env", "-C", home, "HOME=\(home)", "TMPDIR=\(home)"] + variables + [
                    "nice", "-n", "19",
                ]
                    + preparation.arguments(caches)),
            environment: .custom(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]), output: .discarded,
            error: .string(limit: 4096))
        guard case .exited(0) = result.terminationStatus else {
            throw OutpostError(
                .internal, "a toolchain cannot be prepared",
                cause: OutpostError(.internal, "\(preparation.arguments(caches)): \(result.standardError)"))
        }
        try await BlockingPool.shared.run { try removeTree(home) }
    }

    /// With this, the kernel kills the toolchain when the server dies. The toolchain's child processes are killed too
    /// if their command asks for it.
    private static let dyingWithServer = ["--pdeathsig", "KILL"]

    /// Removes the old root that an earlier server left. No sandbox may be running.
    func removeReplaced() async throws {
        try await BlockingPool.shared.run { if exists(draft) { try removeTree(draft) } }
    }
}
