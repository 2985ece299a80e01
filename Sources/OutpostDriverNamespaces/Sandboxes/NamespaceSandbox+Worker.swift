// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

extension NamespaceSandbox {
    var files: any SandboxFiles { WorkerFiles(worker, threads) }

    func connect(port: Int) async throws(OutpostError) -> any ByteStream {
        guard let number = UInt16(exactly: port), number > 0 else {
            throw OutpostError(.invalidRequest, "\(port) is not a port number")
        }
        let exchange = worker.begin(.connect(port: number, window: WorkerExchange.window))
        _ = try await exchange.opened()
        return WorkerBytes(exchange)
    }

    func pause() async throws(OutpostError) {
        try checkIsUp()
        isPaused = true
        do {
            try await freeze(true)
        } catch {
            isPaused = false
            throw error
        }
        // A run that starts during the call is told by `send`.
        for run in processes.all { run.setPaused(true) }
    }

    func resume() async throws(OutpostError) {
        try checkIsUp()
        isPaused = false
        // The spawner gets the kills of this loop before the thaw, so a run that was to end does nothing more.
        for run in processes.all { run.setPaused(false) }
        do throws(OutpostError) {
            try await freeze(false)
        } catch {
            // Nobody could end the runs of a sandbox that stays frozen.
            die(error)
            throw error
        }
    }

    func usage() async throws(OutpostError) -> SandboxUsage {
        try checkIsUp()
        do {
            let (reply, _) = try await spawner.call(.gauge(slot: slot))
            guard case .gauged(let gauge) = reply else { throw WireError("answer to gauge") }
            return SandboxUsage(gauge)
        } catch {
            // The sandbox may have ended meanwhile.
            try checkIsUp()
            throw OutpostError(.internal, "what the sandbox uses cannot be read", cause: error)
        }
    }

    func reclaimMemory() async {
        // Without it the sandbox only keeps its memory.
        _ = try? await spawner.call(.reclaim(slot: slot))
    }

    private func checkIsUp() throws(OutpostError) {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isUsable else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
    }

    private func freeze(_ isFrozen: Bool) async throws(OutpostError) {
        do {
            _ = try await spawner.call(.pause(slot: slot, isPaused: isFrozen))
        } catch {
            throw OutpostError(.internal, "the sandbox cannot be paused or resumed", cause: error)
        }
    }

    /// Starts the worker in its own cgroup. It does not count as a running program.
    ///
    /// - Throws: `unavailable` when the sandbox is stopping; `internal`.
    func startWorker(_ connection: WorkerConnection) async throws(OutpostError) -> any RunningProcess {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isUsable, let spec else {
            throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1)
        }
        let program = ProgramSpec.worker(in: spec)
        let run = try await makeRun(program.limits, streams: framedStreams(program))
        let process = NamespaceProcess(run, in: self)
        do throws(SystemError) {
            try run.begin(program, listener: connection)
        } catch {
            run.end(.sandboxDied)
        }
        let channel = connection.pipes?.takeWorkerEnd()
        process.number = send(
            program, run, channel: channel.map { [$0] } ?? [], filters: filters[program.preset], task: .worker)
        return process
    }
}

extension SandboxUsage {
    init(_ gauge: SandboxGauge) {
        self.init(
            cpuMicroseconds: Int(clamping: gauge.cpuMicroseconds),
            throttledMicroseconds: Int(clamping: gauge.throttledMicroseconds),
            memoryBytes: Int(clamping: gauge.memoryBytes), memoryPeakBytes: Int(clamping: gauge.memoryPeakBytes),
            processes: Int(clamping: gauge.processes), diskUsedBytes: Int(clamping: gauge.diskUsedBytes),
            diskUsedFiles: Int(clamping: gauge.diskUsedFiles))
    }
}
