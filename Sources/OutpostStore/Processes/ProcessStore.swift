// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A process of a sandbox in the store, with what is kept of its output.
public struct StoredProcess: Hashable, Sendable {
    public var process: SandboxProcess
    public let namespace: NamespaceName
    /// The end of stdout. Empty while the process runs.
    public var stdout: [UInt8]
    /// The end of stderr. Empty while the process runs.
    public var stderr: [UInt8]

    public init(_ process: SandboxProcess, in namespace: NamespaceName, stdout: [UInt8] = [], stderr: [UInt8] = []) {
        self.process = process
        self.namespace = namespace
        self.stdout = stdout
        self.stderr = stderr
    }
}

/// Stores the processes of all sandboxes. A write that has returned survives a crash and a power loss.
public protocol ProcessStore: Sendable {
    /// Adds the process, or replaces the one with its id.
    func put(_ process: StoredProcess) async throws(OutpostError)

    /// Deletes processes. Ignores those that the store does not have.
    func delete(_ ids: [ProcessID]) async throws(OutpostError)

    /// Returns all processes in the order of their starts. Deletes those that it cannot read.
    func all() async throws(OutpostError) -> [StoredProcess]
}
