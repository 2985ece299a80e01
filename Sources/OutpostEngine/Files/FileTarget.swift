// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A path in a sandbox, as a caller names it.
public struct FileTarget: Hashable, Sendable {
    public let sandbox: SandboxID
    public let namespace: NamespaceName
    /// Absolute, or relative to the working directory of the sandbox.
    public let path: String

    public init(_ path: String, of sandbox: SandboxID, in namespace: NamespaceName) {
        self.path = path
        self.sandbox = sandbox
        self.namespace = namespace
    }
}
