// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

extension OutpostClient {
    /// Starts a process in the sandbox. It lives with the sandbox.
    public func startProcess(
        _ request: ProcessRequest, in sandbox: SandboxID
    ) async throws(OutpostError) -> Answer<SandboxProcess> {
        try await answer(
            Call(operation: .startProcess, parameters: place(sandbox), body: request.json, timeout: 600),
            as: SandboxProcess.self)
    }

    /// Fetches a page of the sandbox's processes: those that run and the last ended ones.
    public func listProcesses(
        in sandbox: SandboxID, _ query: ProcessListQuery = .init()
    ) async throws(OutpostError) -> Answer<Page<SandboxProcess>> {
        try await answer(
            Call(operation: .listProcesses, parameters: place(sandbox), query: query.pairs),
            as: Page<SandboxProcess>.self)
    }

    /// Fetches a process.
    ///
    /// - Parameter waitSeconds: how long the server waits for its end before it answers, up to 300.
    /// - Throws: `not_found` when the sandbox has no such process.
    public func getProcess(
        _ id: ProcessID, in sandbox: SandboxID, waitSeconds: Int = 0
    ) async throws(OutpostError) -> Answer<SandboxProcess> {
        try await answer(
            Call(
                operation: .getProcess, parameters: place(sandbox, id),
                query: PollQuery(waitSeconds: waitSeconds).pairs,
                timeout: Call.ordinaryTimeout + Int64(waitSeconds)), as: SandboxProcess.self)
    }

    /// Waits until a process has ended.
    ///
    /// - Throws: `not_found` when the sandbox has no such process; `unavailable` when the server does not answer.
    public func waitForProcess(
        _ id: ProcessID, in sandbox: SandboxID
    ) async throws(OutpostError) -> Answer<SandboxProcess> {
        while true {
            let process = try await getProcess(id, in: sandbox, waitSeconds: 60)
            if process.status != .running { return process }
        }
    }

    /// Kills a process and forgets it.
    ///
    /// - Throws: `not_found` when the sandbox has no such process.
    public func deleteProcess(_ id: ProcessID, in sandbox: SandboxID) async throws(OutpostError) {
        try await perform(Call(operation: .deleteProcess, parameters: place(sandbox, id), timeout: 90))
    }

    /// Sends a signal to a process.
    ///
    /// - Parameters:
    ///   - name: such as `SIGINT`.
    ///   - group: whether its whole process group gets it.
    /// - Throws: `conflict` when the process has ended.
    public func signalProcess(
        _ id: ProcessID, in sandbox: SandboxID, _ name: String, group: Bool = true
    ) async throws(OutpostError) {
        try await perform(
            Call(
                operation: .signalProcess, parameters: place(sandbox, id), body: ProcessSignal(name, group: group).json)
        )
    }

    /// Sets the size of a process's terminal.
    ///
    /// - Throws: `conflict` when the process has no terminal or has ended.
    public func resizeProcess(
        _ id: ProcessID, in sandbox: SandboxID, _ size: ProcessTerminal
    ) async throws(OutpostError) {
        try await perform(Call(operation: .resizeProcess, parameters: place(sandbox, id), body: size.json))
    }

    /// Sends bytes to a process's standard input. Returns when the process can read them.
    ///
    /// - Parameter isLast: whether the input ends after them.
    /// - Throws: `conflict` when the process has no open input.
    public func writeInput(
        _ bytes: [UInt8], to id: ProcessID, in sandbox: SandboxID, isLast: Bool = false
    ) async throws(OutpostError) {
        try await perform(
            Call(
                operation: .writeProcessInput, parameters: place(sandbox, id),
                query: InputQuery(isLast: isLast).pairs, bytes: bytes, timeout: longestInput))
    }

    /// Fetches what is kept of a process's output after a position.
    ///
    /// - Parameter position: the `end` of an earlier log; 0 for all.
    public func processLog(
        _ id: ProcessID, in sandbox: SandboxID, after position: Int = 0
    ) async throws(OutpostError) -> Answer<ProcessLog> {
        try await answer(
            Call(
                operation: .getProcessOutput, parameters: place(sandbox, id),
                query: ExecutionEventsQuery(after: UInt64(clamping: position)).pairs), as: ProcessLog.self)
    }

    /// Passes the output of a process to `take`, from a position on until the process ends.
    ///
    /// - Throws: `unavailable` when the connection ends before the process, which then goes on; the error of `take`.
    /// - Returns: the ended process.
    public func followProcess(
        _ id: ProcessID, in sandbox: SandboxID, after position: Int = 0,
        _ take: @escaping @Sendable (ProcessLogEvent) async throws -> Void
    ) async throws -> SandboxProcess {
        let call = Call(
            operation: .getProcessOutput, parameters: place(sandbox, id),
            query: ExecutionEventsQuery(after: UInt64(clamping: position)).pairs, accept: Call.eventStream)
        let last = try await stream(call, longestSilence: longestSilence) { event -> SandboxProcess? in
            guard let known = try ProcessLogEvent(event) else { return nil }
            try await take(known)
            if case .ended(let process) = known { return process }
            return nil
        }
        guard let last else {
            throw OutpostError(
                .unavailable, "\(configuration.address) ended the output of \(id) before the process has ended")
        }
        return last
    }

    /// Returns the parameters of the path of a process.
    func place(_ sandbox: SandboxID, _ id: ProcessID) -> [String: String] {
        var parameters = place(sandbox)
        parameters["proc_id"] = id.rawValue
        return parameters
    }
}

/// The seconds until a call that sends input fails. A program may not read its input for a long time.
let longestInput: Int64 = 86_400
