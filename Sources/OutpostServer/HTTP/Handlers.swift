// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostJobs
import OutpostMetrics

/// The handlers of the native dialect. The compiler checks that each operation has one.
struct Handlers: Sendable {
    let engine: Engine
    let jobs: JobService
    let registry: MetricsRegistry
    let version: String
    let stalled: @Sendable () -> [String]

    /// Answers a call.
    ///
    /// - Throws: an `OutpostError`, or a `Refusal` with headers of its own.
    func handle(_ operation: RouteOperation, _ call: Call) async throws -> Answer {
        try await handler(of: operation)(call)
    }

    private func handler(of operation: RouteOperation) -> (Call) async throws -> Answer {
        switch operation {
        case .getHealth: { _ in getHealth() }
        case .getReadiness: { _ in try getReadiness() }
        case .getMetrics: { _ in await getMetrics() }
        case .getOpenAPI: { _ in .json(OpenAPIDocument.json(version: version, languages: engine.languages.names)) }
        case .createSandbox: createSandbox
        case .listSandboxes: listSandboxes
        case .getSandbox: getSandbox
        case .deleteSandbox: deleteSandbox
        case .updateSandbox: updateSandbox
        case .pauseSandbox: pauseSandbox
        case .resumeSandbox: resumeSandbox
        case .getSandboxMetrics: getSandboxMetrics
        case .getSandboxEvents: getSandboxEvents
        case .createSnapshot: createSnapshot
        case .listSnapshots: listSnapshots
        case .deleteSnapshot: deleteSnapshot
        case .forkSandbox: forkSandbox
        case .execute: execute
        case .exec: exec
        case .listExecutions: listExecutions
        case .getExecution: getExecution
        case .getExecutionEvents: getExecutionEvents
        case .writeExecutionInput: writeExecutionInput
        case .cancelExecution: cancelExecution
        case .startProcess: startProcess
        case .listProcesses: listProcesses
        case .getProcess: getProcess
        case .deleteProcess: deleteProcess
        case .signalProcess: signalProcess
        case .resizeProcess: resizeProcess
        case .writeProcessInput: writeProcessInput
        case .getProcessOutput: getProcessOutput
        case .attachProcess: attachProcess
        case .openTerminal: openTerminal
        case .createContext: createContext
        case .listContexts: listContexts
        case .getContext: getContext
        case .deleteContext: deleteContext
        case .interruptContext: interruptContext
        case .restartContext: restartContext
        case .execInContext: execInContext
        case .completeInContext: completeInContext
        case .inspectInContext: inspectInContext
        case .submitJob: submitJob
        case .submitJobs: submitJobs
        case .submitSandboxJob: submitSandboxJob
        case .listJobs: listJobs
        case .getJob: { try await getJob($0, isInSandbox: false) }
        case .getSandboxJob: { try await getJob($0, isInSandbox: true) }
        case .getJobLogs: getJobLogs
        case .cancelJob: cancelJob
        case .getCallbackSecret: { try await callbackSecret($0, replaces: false) }
        case .replaceCallbackSecret: { try await callbackSecret($0, replaces: true) }
        case .getFile: getFile
        case .putFile: putFile
        case .deleteFile: deleteFile
        case .changeFile: changeFile
        case .getArchive: getArchive
        case .putArchive: putArchive
        case .listLanguages: listLanguages
        case .getQuotas: getQuotas
        case .createToken: { try await createToken($0, .personalAccessToken) }
        case .listTokens: { try await listTokens($0, .personalAccessToken) }
        case .getToken: { try await getToken($0, .personalAccessToken) }
        case .deleteToken: { try await deleteToken($0, .personalAccessToken) }
        case .createAPIKey: { try await createToken($0, .apiKey) }
        case .listAPIKeys: { try await listTokens($0, .apiKey) }
        case .getAPIKey: { try await getToken($0, .apiKey) }
        case .deleteAPIKey: { try await deleteToken($0, .apiKey) }
        }
    }

    /// Decodes the body of a call. A large body is decoded on a separate thread, and other calls do not wait for it.
    func decoded<Body: JSONBody>(_ type: Body.Type, _ call: Call) async throws(OutpostError) -> Body {
        let bytes = call.body
        return try await engine.work.run(bytes: bytes.count, for: call.owner) { () throws(OutpostError) in
            try Body(request: bytes)
        }
    }

    /// Makes an answer with a JSON body. A large body is encoded on a separate thread.
    ///
    /// - Parameter bytes: about the bytes of what the body shows.
    func encoded(
        bytes: Int, status: Int = 200, _ call: Call, _ json: @escaping @Sendable () -> JSONValue
    ) async throws(OutpostError) -> Answer {
        try await engine.work.run(bytes: bytes, for: call.owner) { () throws(OutpostError) in
            .json(json(), status: status)
        }
    }

    /// Makes the answer with a job, and with its result when it has ended.
    func told(_ job: Job, _ call: Call) async throws(OutpostError) -> Answer {
        try await makeRoom(job.result?.outputBytes ?? 0, call) { job.result?.mostJSONBytes ?? 0 }
        return try await encoded(bytes: job.result?.outputBytes ?? 0, call) { job.json }
    }

    /// Makes the answer with the result of a run. Much output is encoded on a separate thread.
    func told(_ execution: Execution, _ call: Call) async throws(OutpostError) -> Answer {
        try await makeRoom(execution.outputBytes, call) { execution.mostJSONBytes }
        return try await encoded(bytes: execution.outputBytes, call) { execution.json }
    }

    /// Makes room in memory for a large answer before it is encoded.
    ///
    /// - Parameters:
    ///   - bytes: the bytes of output in the answer.
    ///   - most: counts the bytes that they take in the answer at most.
    /// - Throws: as `Call.makeRoom`.
    func makeRoom(_ bytes: Int, _ call: Call, _ most: @escaping @Sendable () -> Int) async throws(OutpostError) {
        guard bytes > FairWork.smallBytes, let memory = call.memory, bytes * JSONValue.mostEscaped > memory.bytes else {
            return
        }
        try await call.makeRoom(
            for: try await engine.work.run(bytes: bytes, for: call.owner) { () throws(OutpostError) in most() })
    }
}
