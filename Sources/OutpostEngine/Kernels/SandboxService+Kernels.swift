// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing

extension SandboxService {
    /// Starts a kernel, and keeps its sandbox up while the kernel lives. Returns when its program has begun, and before it
    /// is ready.
    ///
    /// - Throws: `not_found`; `conflict` for an ephemeral sandbox; `invalid_request` and `unprocessable` for the
    ///   language; `rate_limited` and `unavailable` when there is no room.
    public func createKernel(
        _ request: KernelRequest, in id: SandboxID, of namespace: NamespaceName
    ) async throws(OutpostError) -> SandboxKernel {
        guard !isDraining else { throw Admission.stopping }
        let sandbox = await (try controller(id, in: namespace)).sandbox
        let launch = try KernelLaunch(request, in: sandbox, languages: languages, policy: configuration.limits)
        let services = KernelServices(
            quotas: quotas, executions: executions, policy: configuration.limits, admission: admission,
            output: output, work: work, tasks: tasks, clock: clock, logger: logger
        ) { (kind) async throws(OutpostError) in try await self.hold(id, in: namespace, for: kind) }
        let kernel = try Kernel(launch, id: ContextID(), in: sandbox, services: services)
        try kernels.add(kernel)
        do throws(OutpostError) {
            try await kernel.start()
        } catch {
            kernels.remove(kernel.id)
            throw error
        }
        return await kernel.kernel
    }

    /// Returns the kernels of a sandbox, the oldest first.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` for an ephemeral sandbox.
    public func kernels(
        of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) -> [SandboxKernel] {
        try await checkStateful(sandbox, in: namespace)
        var found: [SandboxKernel] = []
        for kernel in kernels.kernels(of: sandbox) { found.append(await kernel.kernel) }
        return found.sorted {
            ($0.createdAt.milliseconds, $0.id.rawValue) < ($1.createdAt.milliseconds, $1.id.rawValue)
        }
    }

    /// Returns a kernel.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox, or the sandbox no such kernel.
    public func kernel(
        _ id: ContextID, of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) -> SandboxKernel {
        await (try live(id, sandbox, namespace)).kernel
    }

    private nonisolated func live(
        _ id: ContextID, _ sandbox: SandboxID, _ namespace: NamespaceName
    ) throws(OutpostError) -> Kernel {
        try kernels.kernel(id, of: sandbox, in: namespace)
    }

    /// A kernel of a paused sandbox can be seen, and does nothing.
    ///
    /// - Throws: as `live`; `conflict` when the sandbox is paused.
    private nonisolated func awake(
        _ id: ContextID, _ sandbox: SandboxID, _ namespace: NamespaceName
    ) async throws(OutpostError) -> Kernel {
        let kernel = try live(id, sandbox, namespace)
        try await awaken(sandbox)
        return kernel
    }

    /// Kills a kernel and forgets it.
    ///
    /// - Throws: as `kernel`.
    public nonisolated func deleteKernel(
        _ id: ContextID, of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) {
        let kernel = try await awake(id, sandbox, namespace)
        kernels.remove(id)
        await kernel.close()
    }

    /// Interrupts the code in progress. It may catch the interrupt and go on. Does nothing when no code runs.
    ///
    /// - Throws: as `kernel`; `conflict` when the kernel is dead.
    public nonisolated func interruptKernel(
        _ id: ContextID, of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) -> SandboxKernel {
        let kernel = try await awake(id, sandbox, namespace)
        try await kernel.interrupt()
        return await kernel.kernel
    }

    /// Kills the program of a kernel and starts it again. Its variables are lost. Returns when it is ready.
    ///
    /// - Throws: as `kernel`; `conflict` when the new program does not become ready.
    public nonisolated func restartKernel(
        _ id: ContextID, of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) -> SandboxKernel {
        let kernel = try await awake(id, sandbox, namespace)
        try await kernel.restart()
        return await kernel.kernel
    }

    /// Runs code in a kernel, after the calls before it.
    ///
    /// - Throws: as `kernel`; `conflict` for a dead kernel; `rate_limited` when too many calls wait.
    public nonisolated func exec(
        _ request: KernelExecRequest, in id: ContextID, of sandbox: SandboxID, _ namespace: NamespaceName
    ) async throws(OutpostError) -> KernelExecution {
        try await awake(id, sandbox, namespace).exec(request)
    }

    /// Does the same as `exec`, but returns when the code has started.
    ///
    /// - Returns: a reader of the events. When it leaves, the code is interrupted.
    /// - Throws: as `exec`.
    public nonisolated func startExec(
        _ request: KernelExecRequest, in id: ContextID, of sandbox: SandboxID, _ namespace: NamespaceName
    ) async throws(OutpostError) -> KernelRun {
        let kernel = try await awake(id, sandbox, namespace)
        let run = KernelRun(request, in: kernel, tasks: tasks)
        try await run.ending.waitForStart()
        return run
    }

    /// Says how code can go on.
    ///
    /// - Throws: as `exec`.
    public nonisolated func complete(
        _ question: KernelQuestion, in id: ContextID, of sandbox: SandboxID, _ namespace: NamespaceName
    ) async throws(OutpostError) -> KernelCompletion {
        try await awake(id, sandbox, namespace).complete(question)
    }

    /// Says what a kernel knows about a name.
    ///
    /// - Throws: as `exec`.
    public nonisolated func inspect(
        _ question: KernelQuestion, in id: ContextID, of sandbox: SandboxID, _ namespace: NamespaceName
    ) async throws(OutpostError) -> KernelInspection {
        try await awake(id, sandbox, namespace).inspect(question)
    }

    /// Kills kernels. Returns when they have ended, or after some seconds.
    nonisolated static func end(_ kernels: [Kernel]) async {
        await withTaskGroup(of: Void.self) { group in
            for kernel in kernels { group.addTask { await kernel.close() } }
        }
    }

    /// Kills all kernels, because the server stops.
    nonisolated func endKernels() async { await Self.end(kernels.all) }
}
