// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
public import OutpostAPI
public import OutpostCore

// The command line uses the API's words for these values.
extension SandboxMode: ExpressibleByArgument {}
extension IdleAction: ExpressibleByArgument {}
extension OutputKeep: ExpressibleByArgument {}
extension SandboxUser: ExpressibleByArgument {
    /// The user with this name; nil for an unknown name.
    public init?(argument: String) {
        guard let user = Self.known.first(where: { $0.name == argument }) else { return nil }
        self = user
    }
}
extension SecurityPreset: ExpressibleByArgument {}
extension Isolation: ExpressibleByArgument {}
extension SandboxStatus: ExpressibleByArgument {}
extension SandboxSortField: ExpressibleByArgument {}
extension ProcessStatus: ExpressibleByArgument {}
extension ProcessSortField: ExpressibleByArgument {}
extension SnapshotSortField: ExpressibleByArgument {}
extension JobStatus: ExpressibleByArgument {}
extension ListOrder: ExpressibleByArgument {}
extension TokenScope: ExpressibleByArgument {}
extension RatePlan: ExpressibleByArgument {}
extension FileLink.Method: ExpressibleByArgument {}
