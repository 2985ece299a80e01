// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func createContext(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(KernelRequest.self, call)
        let kernel = try await engine.sandboxes.createKernel(
            request, in: call.requireSandbox(), of: call.requireNamespace())
        return .json(kernel.json, status: 201)
    }

    func listContexts(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try ListQuery<KernelSortField>(query: call.query)
        let all = try await engine.sandboxes.kernels(of: call.requireSandbox(), in: call.requireNamespace())
        // They are in the order of their creation already.
        return .json(Page(slicing: query.order == .ascending ? all : all.reversed(), query).json)
    }

    func getContext(_ call: Call) async throws(OutpostError) -> Answer {
        .json(
            try await engine.sandboxes.kernel(
                call.requireContext(), of: call.requireSandbox(), in: call.requireNamespace()
            ).json)
    }

    func deleteContext(_ call: Call) async throws(OutpostError) -> Answer {
        try await engine.sandboxes.deleteKernel(
            call.requireContext(), of: call.requireSandbox(), in: call.requireNamespace())
        return .empty
    }

    func interruptContext(_ call: Call) async throws(OutpostError) -> Answer {
        .json(
            try await engine.sandboxes.interruptKernel(
                call.requireContext(), of: call.requireSandbox(), in: call.requireNamespace()
            ).json)
    }

    func restartContext(_ call: Call) async throws(OutpostError) -> Answer {
        .json(
            try await engine.sandboxes.restartKernel(
                call.requireContext(), of: call.requireSandbox(), in: call.requireNamespace()
            ).json)
    }

    func completeInContext(_ call: Call) async throws(OutpostError) -> Answer {
        let question = try await decoded(KernelQuestion.self, call)
        return .json(
            try await engine.sandboxes.complete(
                question, in: call.requireContext(), of: call.requireSandbox(), call.requireNamespace()
            ).json)
    }

    func inspectInContext(_ call: Call) async throws(OutpostError) -> Answer {
        let question = try await decoded(KernelQuestion.self, call)
        let found = try await engine.sandboxes.inspect(
            question, in: call.requireContext(), of: call.requireSandbox(), call.requireNamespace())
        return try await encoded(bytes: found.data.bytes, call) { found.json }
    }

    func execInContext(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(KernelExecRequest.self, call)
        let (id, sandbox, namespace) = (
            try call.requireContext(), try call.requireSandbox(), try call.requireNamespace()
        )
        guard call.wantsEvents else {
            let execution = try await engine.sandboxes.exec(request, in: id, of: sandbox, namespace)
            try await makeRoom(execution.outputBytes, call) { execution.mostJSONBytes }
            return try await encoded(bytes: execution.outputBytes, call) { execution.json }
        }
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        let run = try await engine.sandboxes.startExec(request, in: id, of: sandbox, namespace)
        var answer = Answer.events(hold, of: call, leave: { run.leave() }) {
            [work = engine.work, owner = call.owner, id = call.id] send in
            var characters = WholeCharacters()
            try await run.forEach { event in
                for whole in event.whole(&characters) {
                    try await send(await work.encode(whole.outputBytes, for: owner) { whole.text(id) })
                }
            }
        }
        answer.lastPart = { [work = engine.work, owner = call.owner, id = call.id, ending = run.ending] in
            guard let execution = await ending.execution() else { return nil }
            return await work.encode(execution.outputBytes, for: owner) { KernelEvent.end(execution).text(id) }
        }
        return answer
    }
}

extension KernelEvent {
    /// Returns the event with output that is cut between characters.
    fileprivate func whole(_ characters: inout WholeCharacters) -> [KernelEvent] {
        switch self {
        case .output(let part): characters.append(part).map(KernelEvent.output)
        case .end, .failure: [characters.finish().map(KernelEvent.output), self].compactMap(\.self)
        case .start, .result, .nothing: [self]
        }
    }

    fileprivate var outputBytes: Int {
        switch self {
        case .output(let part): part.bytes.count
        case .result(let result): result.bytes
        case .end(let execution): execution.outputBytes
        case .start, .nothing, .failure: 0
        }
    }

    fileprivate func text(_ call: CallID) -> [UInt8] {
        switch self {
        case .start(let id, let sandbox, let context):
            EventText.event(
                "start",
                [
                    "id": .string(id.rawValue), "sandbox_id": .string(sandbox.rawValue),
                    "context_id": .string(context.rawValue),
                ])
        case .output(let part): EventText.output(part.stream, part.bytes, number: Int64(part.end))
        case .result(let result): EventText.event("result", result.json)
        case .nothing: EventText.comment
        case .end(let execution): EventText.event("end", execution.json)
        case .failure(let error): EventText.event("error", ErrorBody(error, requestID: call.rawValue).json)
        }
    }
}
