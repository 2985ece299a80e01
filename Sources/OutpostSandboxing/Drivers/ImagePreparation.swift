// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A command that fills a toolchain's cache in the image. Without it the toolchain would create the cache in each
/// sandbox.
public struct ImagePreparation: Sendable {
    /// Identifies the result of the command. Another command or another build of the toolchain has another value.
    public let identity: String
    /// Returns the command for a cache folder at this path.
    public let arguments: @Sendable (_ caches: String) -> [String]
    /// Returns the command's variables for a cache folder at this path.
    public let environment: @Sendable (_ caches: String) -> [EnvironmentVariable]

    /// Creates a preparation.
    public init(
        identity: String, arguments: @escaping @Sendable (String) -> [String],
        environment: @escaping @Sendable (String) -> [EnvironmentVariable]
    ) {
        self.identity = identity
        self.arguments = arguments
        self.environment = environment
    }
}
