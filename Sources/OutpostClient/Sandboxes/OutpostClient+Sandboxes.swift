// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Creates a sandbox. It is ready when this returns.
    public func createSandbox(_ request: SandboxRequest) async throws(OutpostError) -> Answer<Sandbox> {
        try await answer(
            Call(operation: .createSandbox, parameters: place(), body: request.json), as: Sandbox.self)
    }

    /// Fetches a page of the namespace's sandboxes.
    public func listSandboxes(_ query: SandboxListQuery = .init()) async throws(OutpostError) -> Answer<Page<Sandbox>> {
        try await answer(
            Call(operation: .listSandboxes, parameters: place(), query: query.pairs), as: Page<Sandbox>.self)
    }

    /// Fetches the sandbox `id`.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox.
    public func getSandbox(_ id: SandboxID) async throws(OutpostError) -> Answer<Sandbox> {
        try await answer(Call(operation: .getSandbox, parameters: place(id)), as: Sandbox.self)
    }

    /// Deletes the sandbox `id`, its processes and its files.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox.
    public func deleteSandbox(_ id: SandboxID) async throws(OutpostError) {
        try await perform(Call(operation: .deleteSandbox, parameters: place(id)))
    }

    /// Returns the parameters of a path in the namespace.
    func place(_ id: SandboxID? = nil) -> [String: String] {
        var parameters = ["namespace": configuration.namespace.rawValue]
        parameters["id"] = id?.rawValue
        return parameters
    }
}
