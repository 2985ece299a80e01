// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing

extension SandboxService {
    /// Starts a process that lives with its sandbox, and keeps the sandbox up until the process ends.
    ///
    /// Returns when the program has begun or has been refused. A compiled language is compiled before.
    ///
    /// - Throws: `not_found`; `conflict` for an ephemeral sandbox, and for a name that a running process has;
    ///   `unprocessable` when the code does not compile or the isolation has no terminals; `rate_limited` and
    ///   `unavailable` when there is no room; the errors of a run that does not start.
    public func startProcess(
        _ request: ProcessRequest, in id: SandboxID, of namespace: NamespaceName
    ) async throws(OutpostError) -> LiveProcess {
        try await startProcess(request, in: id, of: namespace) { _ in }
    }

    /// Starts a process, and returns a reader that holds it up from its first byte on.
    ///
    /// - Throws: as `startProcess`.
    public func startFollowedProcess(
        _ request: ProcessRequest, in id: SandboxID, of namespace: NamespaceName
    ) async throws(OutpostError) -> ProcessReader {
        var reader: ProcessOutput.Reader?
        let process = try await startProcess(request, in: id, of: namespace) {
            reader = $0.output.join(after: 0, holds: true)
        }
        do throws(OutpostError) {
            return try await self.reader(of: process, joined: reader, holds: true)
        } catch {
            if let reader { process.output.leave(reader) }
            hangUp(process)
            throw error
        }
    }

    /// - Parameter prepare: gets the process before its program starts.
    private func startProcess(
        _ request: ProcessRequest, in id: SandboxID, of namespace: NamespaceName, prepare: (LiveProcess) -> Void
    ) async throws(OutpostError) -> LiveProcess {
        guard !isDraining else { throw Admission.stopping }
        let start = ProcessStart(request, languages: languages, policy: configuration.limits, driver: driver)
        let plan = try start.plan(in: await (try controller(id, in: namespace)).sandbox)
        let process = LiveProcess(request, command: plan.run.arguments, in: id, namespace, clock: clock)
        let quota = try QuotaHold(.liveProcesses, in: namespace, of: quotas)
        let memory = outputMemory(in: namespace)
        try memory.reserve(ProcessOutput.mostBytes)
        try processes.begin(process)
        do throws(OutpostError) {
            let sandbox = try await hold(id, in: namespace, for: .process)
            process.hold([sandbox, quota, memory])
            prepare(process)
            try await launch(process, plan, in: sandbox.instance)
            // The store writes while the agent starts the program. After a crash nobody misses a process that was not
            // answered for: it has died with the server.
            async let recorded = recorded(process)
            try await process.waitForStart()
            try await recorded.get()
            return process
        } catch {
            await process.kill()
            if !process.hasEnded, !process.hasBegun { process.end(.failure(error)) }
            await processes.forget(process)
            throw error
        }
    }

    /// Stores a process that starts.
    private nonisolated func recorded(_ process: LiveProcess) async -> Result<Void, OutpostError> {
        do throws(OutpostError) {
            return .success(try await processes.record(process))
        } catch {
            return .failure(error)
        }
    }

    /// Starts the program of a process, and follows it to its end in the background.
    private func launch(
        _ process: LiveProcess, _ plan: RunPlan, in instance: any RunningSandbox
    ) async throws(OutpostError) {
        if let compile = plan.compile { try ProcessStart.checkCompiled(try await instance.run(compile)) }
        let program = try await instance.begin(plan.run, output: process.output)
        tasks.run { [processes] in
            process.end(await program.result())
            await processes.end(process)
        }
        await process.launched(program)
    }

    /// Returns the processes of a sandbox in the order of their starts: those that run, and the last ended ones.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` for an ephemeral sandbox.
    public func processes(
        of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) -> [SandboxProcess] {
        try await checkStateful(sandbox, in: namespace)
        return processes.processes(of: sandbox, namespace).map(\.record)
    }

    /// Returns a process of a sandbox, for calls on it.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox, or the sandbox no such process.
    public func liveProcess(
        _ id: ProcessID, of sandbox: SandboxID, in namespace: NamespaceName
    ) throws(OutpostError) -> LiveProcess {
        _ = try controller(sandbox, in: namespace)
        return try processes.process(id, in: sandbox, namespace)
    }

    /// Returns a process for calls that reach it. A process of a paused sandbox can be seen, and does nothing.
    ///
    /// - Throws: as `liveProcess`; `conflict` when the sandbox is paused.
    public nonisolated func awakeProcess(
        _ id: ProcessID, of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) -> LiveProcess {
        let process = try await liveProcess(id, of: sandbox, in: namespace)
        try await awaken(sandbox)
        return process
    }

    /// Lets `send` add to the input of a process. The call is a use of the sandbox.
    ///
    /// - Throws: as `awakeProcess`; `conflict` when the input is not open; `rate_limited` when too many calls send; the errors
    ///   of `send`.
    public nonisolated func sendInput(
        to id: ProcessID, of sandbox: SandboxID, in namespace: NamespaceName,
        _ send: (ProgramInput) async throws(OutpostError) -> Void
    ) async throws(OutpostError) {
        let process = try await awakeProcess(id, of: sandbox, in: namespace)
        try await process.input.whileSending { (input) throws(OutpostError) in
            let use = try await hold(sandbox, in: namespace, for: .call)
            defer { use.release() }
            try await send(input)
        }
    }

    /// Returns a process as it is now.
    ///
    /// - Parameter waitSeconds: how long to wait for its end.
    /// - Throws: as `liveProcess`.
    public nonisolated func process(
        _ id: ProcessID, of sandbox: SandboxID, in namespace: NamespaceName, waitSeconds: Int = 0
    ) async throws(OutpostError) -> SandboxProcess {
        let process = try await liveProcess(id, of: sandbox, in: namespace)
        if waitSeconds > 0, !process.hasEnded {
            // A process that somebody waits for must not be frozen. That of a paused sandbox can be waited for all the same.
            let use = try? await hold(sandbox, in: namespace, for: .call)
            await process.waitForEnd(within: .seconds(waitSeconds))
            use?.release()
        }
        return await process.measured()
    }

    /// Kills a process and forgets it. Returns when it has ended, or after some seconds.
    ///
    /// - Throws: as `awakeProcess`.
    public nonisolated func deleteProcess(
        _ id: ProcessID, of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) {
        let process = try await awakeProcess(id, of: sandbox, in: namespace)
        await processes.forget(process)
        await Self.end([process])
    }

    /// Ends a process as when its terminal hangs up: it gets SIGHUP, and is killed when it has not ended soon. The server
    /// forgets it. Returns at once. A second call has no effect.
    public nonisolated func hangUp(_ process: LiveProcess) {
        guard process.isFirstHangUp() else { return }
        tasks.run { [processes] in
            await processes.forget(process)
            await process.hangUp()
            await process.waitForEnd(within: .seconds(Self.patienceAfterHangUp))
            await Self.end([process])
        }
    }

    private static let patienceAfterHangUp = 2

    /// Kills processes. Returns when they have ended, or after some seconds: the kernel may not end a process.
    nonisolated static func end(_ processes: [LiveProcess]) async {
        await withTaskGroup(of: Void.self) { group in
            for process in processes {
                group.addTask {
                    await process.kill()
                    await process.waitForEnd(within: .seconds(patienceWithKilled))
                }
            }
        }
    }

    private static let patienceWithKilled = 10
    private static let patienceAtStop = 5

    private func isPaused(_ id: SandboxID) async -> Bool { await controllers[id]?.controller.isPaused ?? false }

    /// Ends all processes of all sandboxes, because the server stops. A process may end by itself first, for some seconds but
    /// not longer than runs have for that. One of a paused sandbox cannot.
    nonisolated func endProcesses() async {
        let patience = min(Self.patienceAtStop, configuration.drainSeconds)
        await withTaskGroup(of: Void.self) { group in
            for process in processes.running {
                group.addTask {
                    let isPaused = await self.isPaused(process.sandboxID)
                    await process.endAtStop(within: .seconds(isPaused ? 0 : patience))
                    await process.waitUntilRecorded(within: .seconds(Self.patienceWithKilled))
                }
            }
        }
    }
}
