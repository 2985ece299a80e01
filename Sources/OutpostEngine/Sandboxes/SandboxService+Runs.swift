// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension SandboxService {
    /// Runs a request in a sandbox.
    ///
    /// - Parameter times: receives the durations of the run's steps.
    /// - Throws: `not_found`, and every error of a run that is not an execution.
    public func exec(
        _ request: ExecutionRequest, id: SandboxID, in namespace: NamespaceName, times: RunTimes = RunTimes(),
        watch: RunWatch = RunWatch()
    ) async throws(OutpostError) -> Execution {
        let controller = try controller(id, in: namespace)
        return try await run(request, in: Place(controller, id, namespace), times, watch)
    }

    /// Runs a request where it wants to run.
    ///
    /// - Parameters:
    ///   - newID: the id of the sandbox if the run needs a new one.
    ///   - times: receives the durations of the run's steps.
    /// - Throws: the errors of `exec` and `execute`.
    public func run(
        _ request: ExecutionRequest, in target: RunTarget, of namespace: NamespaceName, newID: SandboxID = SandboxID(),
        times: RunTimes = RunTimes(), watch: RunWatch = RunWatch()
    ) async throws(OutpostError) -> Execution {
        switch target {
        case .new(let language, let security):
            try await execute(
                request, language: language, security: security, in: namespace, id: newID, times: times, watch: watch)
        case .existing(let id, let language):
            try await exec(request.code(in: language), id: id, in: namespace, times: times, watch: watch)
        }
    }

    /// Runs a request in a new ephemeral sandbox that exists only for this run.
    ///
    /// - Parameters:
    ///   - id: the id of the new sandbox.
    ///   - times: receives the durations of the run's steps.
    /// - Throws: every error of a run that is not an execution.
    func execute(
        _ request: ExecutionRequest, language: String, security: SecurityRequest = .init(), in namespace: NamespaceName,
        id: SandboxID = SandboxID(), times: RunTimes = RunTimes(), watch: RunWatch = RunWatch()
    ) async throws(OutpostError) -> Execution {
        let place = try placeForOneRun(language, security, namespace, id)
        defer { unmanaged[id] = nil }
        return try await run(request, in: place, times, watch)
    }

    /// Does the same as `exec`, but returns when the program has started or the run has ended without.
    ///
    /// - Returns: a reader of the output from its first byte on. When it leaves, the run is cancelled, unless the request
    ///   says `detach`.
    /// - Throws: `not_found`; `conflict` when the namespace has an execution with the request's id; every error that
    ///   keeps the program from starting.
    public func startExec(
        _ request: ExecutionRequest, id: SandboxID, in namespace: NamespaceName, times: RunTimes = RunTimes()
    ) async throws(OutpostError) -> ExecutionReader {
        let controller = try controller(id, in: namespace)
        return try await start(request, in: Place(controller, id, namespace), times)
    }

    /// Does the same as `run`, but returns when the program has started, as `startExec`.
    ///
    /// - Throws: as `startExec`.
    public func start(
        _ request: ExecutionRequest, in target: RunTarget, of namespace: NamespaceName, times: RunTimes = RunTimes()
    ) async throws(OutpostError) -> ExecutionReader {
        switch target {
        case .new(let language, let security):
            try await start(request, in: try placeForOneRun(language, security, namespace, SandboxID()), times)
        case .existing(let id, let language):
            try await startExec(request.code(in: language), id: id, in: namespace, times: times)
        }
    }

    /// The sandbox of a run.
    private struct Place {
        let controller: SandboxController
        let sandbox: SandboxID
        let namespace: NamespaceName

        init(_ controller: SandboxController, _ sandbox: SandboxID, _ namespace: NamespaceName) {
            self.controller = controller
            self.sandbox = sandbox
            self.namespace = namespace
        }
    }

    /// Makes a sandbox that exists only for one run. The caller must remove it from `unmanaged`.
    private func placeForOneRun(
        _ language: String, _ security: SecurityRequest, _ namespace: NamespaceName, _ id: SandboxID
    ) throws(OutpostError) -> Place {
        let sandbox = try describe(
            SandboxRequest(language: language, security: security), in: namespace, id: id)
        let controller = SandboxController(sandbox, driver: driver, unloadAfterSeconds: 0, clock: clock, quotas: quotas)
        unmanaged[id] = controller
        return Place(controller, id, namespace)
    }

    private func run(
        _ request: ExecutionRequest, in place: Place, _ times: RunTimes, _ watch: RunWatch
    ) async throws(OutpostError) -> Execution {
        if watch.isQueued { return try await perform(request, ExecutionID(), in: place, times, watch) }
        let run = try begin(request, in: place, isFollowed: request.id != nil)
        return try await perform(run, request, in: place, times, watch).get()
    }

    private func start(
        _ request: ExecutionRequest, in place: Place, _ times: RunTimes
    ) async throws(OutpostError) -> ExecutionReader {
        let run: RunningExecution
        do throws(OutpostError) {
            run = try begin(request, in: place, isFollowed: true)
        } catch {
            unmanaged[place.sandbox] = nil
            throw error
        }
        let reader = ExecutionReader(run, cancels: !request.detach, tasks: tasks)
        tasks.run {
            _ = await self.perform(run, request, in: place, times, RunWatch())
            await self.forgetUnmanaged(place.sandbox)
        }
        await run.waitForStart()
        if case .failure(let error)? = run.result { throw error }
        return reader
    }

    private func forgetUnmanaged(_ id: SandboxID) { unmanaged[id] = nil }

    private func begin(
        _ request: ExecutionRequest, in place: Place, isFollowed: Bool
    ) throws(OutpostError) -> RunningExecution {
        let id = request.id ?? ExecutionID()
        return try executions.begin(
            id, in: place.sandbox, place.namespace, isFollowed: isFollowed, isInputOpen: request.isInputOpen
        ) {
            [controller = place.controller] in
            await controller.cancel(id)
        }
    }

    /// Carries out a run that others can find.
    private func perform(
        _ run: RunningExecution, _ request: ExecutionRequest, in place: Place, _ times: RunTimes, _ watch: RunWatch
    ) async -> Result<Execution, OutpostError> {
        var watch = watch
        watch.output = watch.output ?? run.output
        if request.isInputOpen { watch.input = run.input }
        // The output tells the start exactly: only when no file and no folder of the program was refused. A judge's
        // programs have no output here.
        if run.output == nil || request.judge != nil { watch.onStart = { run.start() } }
        do throws(OutpostError) {
            let execution = try await perform(request, run.id, in: place, times, watch) { run.isCancelled }
            return executions.end(run, .success(execution))
        } catch {
            return executions.end(run, .failure(error))
        }
    }

    private func perform(
        _ request: ExecutionRequest, _ id: ExecutionID, in place: Place, _ times: RunTimes, _ watch: RunWatch,
        isCancelled: @Sendable () -> Bool = { false }
    ) async throws(OutpostError) -> Execution {
        times.enter(.queue)
        defer { times.end() }
        let namespace = place.namespace
        let memory = watch.memory ?? outputMemory(in: namespace)
        defer { withExtendedLifetime(memory) {} }
        let run = SandboxRun(
            id: id, request: request, namespace: namespace, driver: driver, quotas: quotas, pool: pool,
            languages: languages, compilations: compilations,
            policy: configuration.limits, clock: clock, logger: logger, metrics: metrics, tasks: tasks, times: times,
            watch: watch, memory: memory, work: work, turns: turns,
            room: room(in: namespace))
        let runAdmission = RunAdmission(admission: admission, namespace: namespace, isQueued: watch.isQueued)
        let execution = try await place.controller.run(
            id, concurrent: request.concurrent, admission: runAdmission, isCancelled: isCancelled
        ) { (sandbox, controller) async throws(OutpostError) -> Execution in
            defer { times.enter(.finish) }
            // The operator may have raised the minimum isolation since the sandbox was created.
            _ = try self.isolation(sandbox.security.isolation, in: namespace)
            return try await run.perform(sandbox, controller)
        }
        times.end()
        metrics.record(execution)
        metrics.record(times)
        return execution
    }
}
