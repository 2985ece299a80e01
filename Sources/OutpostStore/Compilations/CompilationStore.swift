// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What is kept under a key.
public struct CompilationEntry: Sendable {
    /// Open for reading; it stays whole when the entry is forgotten meanwhile.
    public let file: any OpenFile
    /// Tells it from what was or will be kept in its place.
    public let stamp: UInt64
    /// All of its bytes.
    public let read: @Sendable () async throws(OutpostError) -> [UInt8]

    public init(
        file: any OpenFile, stamp: UInt64, read: @escaping @Sendable () async throws(OutpostError) -> [UInt8]
    ) {
        self.file = file
        self.stamp = stamp
        self.read = read
    }
}

/// What compilers made, so that the same need not be compiled again. It is a cache: anything may be gone at any time, and
/// what an earlier server kept must be checked, since a crash or a disk may have damaged it.
public protocol CompilationStore: Sendable {
    /// What is kept under `key`, which counts as used now; nil when there is nothing.
    ///
    /// - Throws: `internal` when it cannot be opened.
    func entry(_ key: String, in namespace: NamespaceName) async throws(OutpostError) -> CompilationEntry?

    /// Keeps `entry` under `key`, in place of what is there, and forgets the namespace's least recently used ones when it
    /// has too many. One that is too large on its own is not kept.
    ///
    /// - Returns: the stamp of what is kept; nil when it is not.
    /// - Throws: `internal` when it cannot be written; there is no part of it then.
    func keep(
        _ entry: [UInt8], as key: String, in namespace: NamespaceName
    ) async throws(OutpostError) -> UInt64?

    /// Forgets an entry; one that is gone is fine.
    func remove(_ key: String, in namespace: NamespaceName) async throws(OutpostError)

    /// Forgets everything of a namespace; true when there was something.
    func clear(in namespace: NamespaceName) async throws(OutpostError) -> Bool

    /// Forgets what nobody has used since `moment`, of all namespaces; true when there was something.
    func clear(unusedSince moment: Timestamp) async throws(OutpostError) -> Bool

    /// Bytes that a namespace's take, and that they may take.
    func usage(of namespace: NamespaceName) async -> (used: Int, limit: Int)
}
