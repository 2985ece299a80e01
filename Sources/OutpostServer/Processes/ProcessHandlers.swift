// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func startProcess(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(ProcessRequest.self, call)
        let process = try await engine.sandboxes.startProcess(
            request, in: call.requireSandbox(), of: call.requireNamespace())
        return .json(process.record.json, status: 201)
    }

    func listProcesses(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try ProcessListQuery(query: call.query)
        let all = try await engine.sandboxes.processes(of: call.requireSandbox(), in: call.requireNamespace())
        // They are in the order of their starts already.
        let found = all.filter { query.status == nil || query.status == $0.status }
        let page = Page(slicing: query.list.order == .ascending ? found : found.reversed(), query.list)
        return .json(page.json)
    }

    func getProcess(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try PollQuery(query: call.query)
        let process = try await engine.sandboxes.process(
            call.requireProcess(), of: call.requireSandbox(), in: call.requireNamespace(),
            waitSeconds: query.waitSeconds)
        return .json(process.json)
    }

    func deleteProcess(_ call: Call) async throws(OutpostError) -> Answer {
        try await engine.sandboxes.deleteProcess(
            call.requireProcess(), of: call.requireSandbox(), in: call.requireNamespace())
        return .empty
    }

    func signalProcess(_ call: Call) async throws(OutpostError) -> Answer {
        let signal = try await decoded(ProcessSignal.self, call)
        try await process(of: call).signal(signal.number(), group: signal.group)
        return .empty
    }

    func resizeProcess(_ call: Call) async throws(OutpostError) -> Answer {
        let size = try await decoded(ProcessTerminal.self, call)
        try await process(of: call).resize(size)
        return .empty
    }

    func writeProcessInput(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try InputQuery(query: call.query)
        try await engine.sandboxes.sendInput(
            to: call.requireProcess(), of: call.requireSandbox(), in: call.requireNamespace()
        ) { (input) throws(OutpostError) in try await call.send(query, to: input) }
        return .empty
    }

    private func process(of call: Call) async throws(OutpostError) -> LiveProcess {
        try await engine.sandboxes.awakeProcess(
            call.requireProcess(), of: call.requireSandbox(), in: call.requireNamespace())
    }
}

extension ProcessSignal {
    /// The number of the signal.
    ///
    /// - Throws: `invalid_request` for an unknown name.
    func number() throws(OutpostError) -> Int32 {
        guard let number = signalNumber(name) else {
            throw .field(.invalidRequest, "signal", "is not the name of a signal, such as SIGINT")
        }
        return number
    }
}
