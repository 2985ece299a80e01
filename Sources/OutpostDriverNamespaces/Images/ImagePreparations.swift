// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import Subprocess

/// Fills the image's folder for compilers' caches.
///
/// The commands are the host's own toolchains on their own libraries, and no client's input reaches them, so they run on
/// the host. They fill a copy of the image's root, which then takes the root's name: what running sandboxes have mounted is
/// not touched.
struct ImagePreparations {
    let root: String
    private let draft: String

    /// Names the preparations in the image that they were made for.
    private static let record = "\(ImagePaths.caches)/.prepared"
    /// 2100-01-01: caches neither refresh nor throw away what is dated so, either of which would copy it in a sandbox.
    private static let farFuture = 4_102_444_800

    init(dataDirectory: String) {
        root = "\(dataDirectory)/image/rootfs"
        draft = "\(dataDirectory)/image/rootfs.new"
    }

    /// Does nothing when an earlier server did the same.
    ///
    /// - Throws: what went wrong; the image is as it was then.
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
            // The old root keeps the draft's name as long as sandboxes may have it mounted.
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

    /// The kernel ends the toolchain when the server dies, and the toolchain's own tools with it where its command says so.
    private static let dyingWithServer = ["--pdeathsig", "KILL"]

    /// Removes the root that an earlier server replaced; no sandbox may be up.
    func removeReplaced() async throws {
        try await BlockingPool.shared.run { if exists(draft) { try removeTree(draft) } }
    }
}
