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
        switch operation {
        case .getHealth: getHealth()
        case .getReadiness: try getReadiness()
        case .getMetrics: await getMetrics()
        case .getOpenAPI: .json(OpenAPIDocument.json(version: version, languages: engine.languages.names))
        case .createSandbox: try await createSandbox(call)
        case .listSandboxes: try await listSandboxes(call)
        case .getSandbox: try await getSandbox(call)
        case .deleteSandbox: try await deleteSandbox(call)
        case .updateSandbox: try await updateSandbox(call)
        case .pauseSandbox: try await pauseSandbox(call)
        case .resumeSandbox: try await resumeSandbox(call)
        case .getSandboxMetrics: try await getSandboxMetrics(call)
        case .getSandboxEvents: try await getSandboxEvents(call)
        case .createSnapshot: try await createSnapshot(call)
        case .listSnapshots: try await listSnapshots(call)
        case .deleteSnapshot: try await deleteSnapshot(call)
        case .forkSandbox: try await forkSandbox(call)
        case .execute: try await execute(call)
        case .exec: try await exec(call)
        case .listExecutions: try await listExecutions(call)
        case .getExecution: try await getExecution(call)
        case .getExecutionEvents: try await getExecutionEvents(call)
        case .writeExecutionInput: try await writeExecutionInput(call)
        case .cancelExecution: try await cancelExecution(call)
        case .startProcess: try await startProcess(call)
        case .listProcesses: try await listProcesses(call)
        case .getProcess: try await getProcess(call)
        case .deleteProcess: try await deleteProcess(call)
        case .signalProcess: try await signalProcess(call)
        case .resizeProcess: try await resizeProcess(call)
        case .writeProcessInput: try await writeProcessInput(call)
        case .getProcessOutput: try await getProcessOutput(call)
        case .attachProcess: try await attachProcess(call)
        case .openTerminal: try await openTerminal(call)
        case .createContext: try await createContext(call)
        case .listContexts: try await listContexts(call)
        case .getContext: try await getContext(call)
        case .deleteContext: try await deleteContext(call)
        case .interruptContext: try await interruptContext(call)
        case .restartContext: try await restartContext(call)
        case .execInContext: try await execInContext(call)
        case .completeInContext: try await completeInContext(call)
        case .inspectInContext: try await inspectInContext(call)
        case .submitJob: try await submitJob(call)
        case .submitJobs: try await submitJobs(call)
        case .submitSandboxJob: try await submitSandboxJob(call)
        case .listJobs: try await listJobs(call)
        case .getJob: try await getJob(call, isInSandbox: false)
        case .getSandboxJob: try await getJob(call, isInSandbox: true)
        case .getJobLogs: try await getJobLogs(call)
        case .cancelJob: try await cancelJob(call)
        case .getCallbackSecret: try await callbackSecret(call, replaces: false)
        case .replaceCallbackSecret: try await callbackSecret(call, replaces: true)
        case .getFile: try await getFile(call)
        case .putFile: try await putFile(call)
        case .deleteFile: try await deleteFile(call)
        case .changeFile: try await changeFile(call)
        case .getArchive: try await getArchive(call)
        case .putArchive: try await putArchive(call)
        case .listLanguages: try await listLanguages(call)
        case .getQuotas: try await getQuotas(call)
        case .createToken: try await createToken(call, .personalAccessToken)
        case .listTokens: try await listTokens(call, .personalAccessToken)
        case .getToken: try await getToken(call, .personalAccessToken)
        case .deleteToken: try await deleteToken(call, .personalAccessToken)
        case .createAPIKey: try await createToken(call, .apiKey)
        case .listAPIKeys: try await listTokens(call, .apiKey)
        case .getAPIKey: try await getToken(call, .apiKey)
        case .deleteAPIKey: try await deleteToken(call, .apiKey)
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
