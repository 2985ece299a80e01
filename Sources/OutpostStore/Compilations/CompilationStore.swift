// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What compilers made, so that the same need not be compiled again. It is a cache: anything may be gone at any time, and
/// what is read must be checked, since a crash or a disk may have damaged it.
public protocol CompilationStore: Sendable {
    /// What is kept under `key`, which counts as used now; nil when there is nothing.
    ///
    /// - Throws: `internal` when it cannot be read.
    func entry(_ key: String, in namespace: NamespaceName) async throws(OutpostError) -> [UInt8]?

    /// Keeps `entry` under `key`, in place of what is there, and forgets the namespace's least recently used ones when it
    /// has too many. One that is too large on its own is not kept.
    ///
    /// - Throws: `internal` when it cannot be written; there is no part of it then.
    func keep(_ entry: [UInt8], as key: String, in namespace: NamespaceName) async throws(OutpostError)

    /// Forgets an entry; one that is gone is fine.
    func remove(_ key: String, in namespace: NamespaceName) async throws(OutpostError)

    /// Forgets everything, of all namespaces; true when there was something.
    func clear() async throws(OutpostError) -> Bool
}
