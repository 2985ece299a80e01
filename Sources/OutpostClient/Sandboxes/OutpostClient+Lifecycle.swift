// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Changes settings of the sandbox `id`. They count from its next run on.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `invalid_request` and `unprocessable` for settings that
    ///   the server does not allow.
    public func updateSandbox(_ id: SandboxID, _ update: SandboxUpdate) async throws(OutpostError) -> Answer<Sandbox> {
        try await answer(Call(operation: .updateSandbox, parameters: place(id), body: update.json), as: Sandbox.self)
    }

    /// Freezes all processes of the stateful sandbox `id`.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` when it is ephemeral or paused.
    public func pauseSandbox(_ id: SandboxID) async throws(OutpostError) -> Answer<Sandbox> {
        try await answer(Call(operation: .pauseSandbox, parameters: place(id)), as: Sandbox.self)
    }

    /// Ends the pause of the sandbox `id`.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` when it is not paused.
    public func resumeSandbox(_ id: SandboxID) async throws(OutpostError) -> Answer<Sandbox> {
        try await answer(Call(operation: .resumeSandbox, parameters: place(id)), as: Sandbox.self)
    }

    /// Fetches what the sandbox `id` has used and what it uses now.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox.
    public func sandboxMetrics(_ id: SandboxID) async throws(OutpostError) -> Answer<SandboxUsage> {
        try await answer(Call(operation: .getSandboxMetrics, parameters: place(id)), as: SandboxUsage.self)
    }

    /// Fetches the last events of the sandbox `id`, the oldest first.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox.
    public func sandboxEvents(
        _ id: SandboxID, _ query: SandboxEventsQuery = .init()
    ) async throws(OutpostError) -> Answer<SandboxEventList> {
        try await answer(
            Call(operation: .getSandboxEvents, parameters: place(id), query: query.pairs), as: SandboxEventList.self)
    }

    /// Passes the events of the sandbox `id` to `take`, those so far and then each new one, until the sandbox is deleted.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `unavailable` when the connection breaks; the error of
    ///   `take`.
    public func followEvents(
        of id: SandboxID, _ query: SandboxEventsQuery = .init(),
        _ take: @escaping @Sendable (SandboxEvent) async throws -> Void
    ) async throws {
        let call = Call(
            operation: .getSandboxEvents, parameters: place(id), query: query.pairs, accept: Call.eventStream)
        _ = try await stream(call, longestSilence: longestSilence) { event -> Bool? in
            // A newer server may have other kinds of events.
            guard SandboxEvent.Kind(rawValue: event.name) != nil else { return nil }
            let known = try event.decoded { try SandboxEvent(reply: $0.json()) }
            try await take(known)
            return known.kind == .deleted || known.kind == .expired ? true : nil
        }
    }

    /// Makes a snapshot of the files of the stateful sandbox `id`.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` when it is ephemeral, paused or running.
    public func createSnapshot(
        of id: SandboxID, _ request: SnapshotRequest = .init()
    ) async throws(OutpostError) -> Answer<Snapshot> {
        try await answer(Call(operation: .createSnapshot, parameters: place(id), body: request.json), as: Snapshot.self)
    }

    /// Makes new sandboxes with the files and settings of the stateful sandbox `id`.
    ///
    /// - Throws: as `createSnapshot`.
    public func forkSandbox(
        _ id: SandboxID, _ request: ForkRequest = .init()
    ) async throws(OutpostError) -> Answer<ForkReply> {
        try await answer(Call(operation: .forkSandbox, parameters: place(id), body: request.json), as: ForkReply.self)
    }

    /// Fetches a page of the namespace's snapshots.
    public func listSnapshots(
        _ query: SnapshotListQuery = .init()
    ) async throws(OutpostError) -> Answer<Page<Snapshot>> {
        try await answer(
            Call(operation: .listSnapshots, parameters: place(), query: query.pairs), as: Page<Snapshot>.self)
    }

    /// Deletes the snapshot `id`. Sandboxes that started from it keep their files.
    ///
    /// - Throws: `not_found` when the namespace has no such snapshot.
    public func deleteSnapshot(_ id: SnapshotID) async throws(OutpostError) {
        var parameters = place()
        parameters["snapshot_id"] = id.rawValue
        try await perform(Call(operation: .deleteSnapshot, parameters: parameters))
    }
}
