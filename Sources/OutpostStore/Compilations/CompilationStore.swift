// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A cached compilation.
public struct CompilationEntry: Sendable {
    /// The file, open for reading. It stays readable when the store removes the entry.
    public let file: any OpenFile
    /// A number that differs between this entry and other entries of the same key.
    public let stamp: UInt64
    /// Reads the whole file.
    public let read: @Sendable () async throws(OutpostError) -> [UInt8]

    public init(
        file: any OpenFile, stamp: UInt64, read: @escaping @Sendable () async throws(OutpostError) -> [UInt8]
    ) {
        self.file = file
        self.stamp = stamp
        self.read = read
    }
}

/// A cache of compiled programs. An entry may be gone at any time. Callers must check an entry of an earlier server,
/// because a crash or the disk may have damaged it.
public protocol CompilationStore: Sendable {
    /// Returns the entry of `key` and marks it as used now. Nil when there is none.
    ///
    /// - Throws: `internal` when it cannot be opened.
    func entry(_ key: String, in namespace: NamespaceName) async throws(OutpostError) -> CompilationEntry?

    /// Stores `entry` under `key` and replaces an earlier one. Removes the namespace's least recently used entries when
    /// the new one does not fit. Does not store an entry that is larger than the limit.
    ///
    /// - Returns: the stamp of the new entry; nil when it was not stored.
    /// - Throws: `internal` when it cannot be written. Nothing of it is left then.
    func keep(
        _ entry: [UInt8], as key: String, in namespace: NamespaceName
    ) async throws(OutpostError) -> UInt64?

    /// Removes an entry. Does nothing when there is none.
    func remove(_ key: String, in namespace: NamespaceName) async throws(OutpostError)

    /// Removes all entries of a namespace.
    ///
    /// - Returns: whether there was one.
    func clear(in namespace: NamespaceName) async throws(OutpostError) -> Bool

    /// Removes the entries of all namespaces that were not used since `moment`.
    ///
    /// - Returns: whether there was one.
    func clear(unusedSince moment: Timestamp) async throws(OutpostError) -> Bool

    /// Returns the bytes that a namespace's entries take, and the bytes that they may take.
    func usage(of namespace: NamespaceName) async -> (used: Int, limit: Int)
}
