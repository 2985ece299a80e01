// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Something that a toolchain would otherwise make in every sandbox anew.
public struct ImagePreparation: Sendable {
    /// Tells what this makes from what any other command, or another build of the toolchain, makes.
    public let identity: String
    /// The command, by the path of the folder for compilers' caches.
    public let arguments: @Sendable (_ caches: String) -> [String]
    /// The command's variables, by the same path.
    public let environment: @Sendable (_ caches: String) -> [EnvironmentVariable]

    public init(
        identity: String, arguments: @escaping @Sendable (String) -> [String],
        environment: @escaping @Sendable (String) -> [EnvironmentVariable]
    ) {
        self.identity = identity
        self.arguments = arguments
        self.environment = environment
    }
}
