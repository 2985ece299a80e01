// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// An event of code in a kernel that the client follows.
public enum KernelEvent: Sendable {
    /// The code has started.
    case started(ExecutionID)
    /// The code wrote `bytes`.
    case output(LiveOutput.Stream, bytes: [UInt8])
    /// The code has shown something.
    case result(KernelResult)
    /// The code has ended. This is the last event.
    case ended(KernelExecution)
}

extension OutpostClient {
    /// Starts a kernel in a stateful sandbox.
    public func createContext(
        _ request: KernelRequest, in id: SandboxID
    ) async throws(OutpostError) -> Answer<SandboxKernel> {
        try await answer(
            Call(operation: .createContext, parameters: place(id), body: request.json), as: SandboxKernel.self)
    }

    /// Fetches a page of the kernels of a sandbox.
    public func listContexts(
        in id: SandboxID, _ query: ListQuery<KernelSortField> = .init()
    ) async throws(OutpostError) -> Answer<Page<SandboxKernel>> {
        try await answer(
            Call(operation: .listContexts, parameters: place(id), query: query.pairs), as: Page<SandboxKernel>.self)
    }

    /// Fetches a kernel.
    public func getContext(
        _ context: ContextID, in id: SandboxID
    ) async throws(OutpostError) -> Answer<SandboxKernel> {
        try await answer(
            Call(operation: .getContext, parameters: place(id, context)), as: SandboxKernel.self)
    }

    /// Kills a kernel and forgets it.
    public func deleteContext(_ context: ContextID, in id: SandboxID) async throws(OutpostError) {
        try await perform(Call(operation: .deleteContext, parameters: place(id, context)))
    }

    /// Interrupts the code in progress of a kernel.
    public func interruptContext(
        _ context: ContextID, in id: SandboxID
    ) async throws(OutpostError) -> Answer<SandboxKernel> {
        try await answer(
            Call(operation: .interruptContext, parameters: place(id, context)), as: SandboxKernel.self)
    }

    /// Kills the program of a kernel and starts it again. Its variables are lost.
    public func restartContext(
        _ context: ContextID, in id: SandboxID
    ) async throws(OutpostError) -> Answer<SandboxKernel> {
        try await answer(
            Call(operation: .restartContext, parameters: place(id, context), timeout: 120), as: SandboxKernel.self)
    }

    /// Runs code in a kernel and returns what it came to. An error of the code is a result.
    public func exec(
        _ request: KernelExecRequest, in context: ContextID, of id: SandboxID
    ) async throws(OutpostError) -> Answer<KernelExecution> {
        try await answer(
            Call(
                operation: .execInContext, parameters: place(id, context), body: request.json,
                timeout: request.patience),
            as: KernelExecution.self)
    }

    /// Runs code in a kernel, and passes its events to `take` while it runs.
    ///
    /// - Throws: the error that keeps the code from starting; `unavailable` when the connection breaks, which interrupts the
    ///   code; the error of `take`.
    public func exec(
        _ request: KernelExecRequest, in context: ContextID, of id: SandboxID,
        following take: @escaping @Sendable (KernelEvent) async throws -> Void
    ) async throws -> KernelExecution {
        var call = Call(
            operation: .execInContext, parameters: place(id, context), body: request.json, timeout: request.patience)
        call.accept = Call.eventStream
        let last = try await stream(call, longestSilence: longestSilence) { event -> KernelExecution? in
            guard let known = try event.decoded(kernelEvent) else { return nil }
            try await take(known)
            if case .ended(let execution) = known { return execution }
            return nil
        }
        guard let last else {
            throw OutpostError(
                .unavailable, "\(configuration.address) ended the output of the code before the code has ended")
        }
        return last
    }

    /// Asks how code can go on.
    public func complete(
        _ question: KernelQuestion, in context: ContextID, of id: SandboxID
    ) async throws(OutpostError) -> Answer<KernelCompletion> {
        try await answer(
            Call(operation: .completeInContext, parameters: place(id, context), body: question.json),
            as: KernelCompletion.self)
    }

    /// Asks what a kernel knows about a name.
    public func inspect(
        _ question: KernelQuestion, in context: ContextID, of id: SandboxID
    ) async throws(OutpostError) -> Answer<KernelInspection> {
        try await answer(
            Call(operation: .inspectInContext, parameters: place(id, context), body: question.json),
            as: KernelInspection.self)
    }

    private func place(_ id: SandboxID, _ context: ContextID) -> [String: String] {
        var parameters = place(id)
        parameters["ctx_id"] = context.rawValue
        return parameters
    }
}

private func kernelEvent(_ event: ServerSentEvent) throws -> KernelEvent? {
    switch event.name {
    case "start": return .started(try event.object().required("id") { $0.identifier(ExecutionKind.self) })
    case "result": return .result(try KernelResult(reply: event.json()))
    case "end": return .ended(try KernelExecution(reply: event.json()))
    case "error": throw try ErrorBody(reply: event.json()).error()
    default: return try event.output().map { .output($0.stream, bytes: $0.bytes) }
    }
}

extension KernelExecRequest {
    /// The seconds that the client waits: the time limit, and a margin for the calls before it.
    fileprivate var patience: Int64 {
        (timeoutMilliseconds.map { min(604_800, Int64(max(0, $0)) / 1000 + 1) } ?? 3600) + 600
    }
}
