// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

extension NamespaceSandbox {
    var files: any SandboxFiles { WorkerFiles(worker) }

    func connect(port: Int) async throws(OutpostError) -> any ByteStream {
        guard let number = UInt16(exactly: port), number > 0 else {
            throw OutpostError(.invalidRequest, "\(port) is not a port number")
        }
        let exchange = worker.begin(.connect(port: number, window: WorkerExchange.window))
        _ = try await exchange.opened()
        return WorkerBytes(exchange)
    }

    func pause() async throws(OutpostError) { try await setPaused(true) }

    func resume() async throws(OutpostError) { try await setPaused(false) }

    private func setPaused(_ isPaused: Bool) async throws(OutpostError) {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isAlive else { throw OutpostError(.unavailable, "the sandbox is stopping", retryAfter: 1) }
        do {
            _ = try await spawner.call(.pause(slot: slot, isPaused: isPaused))
        } catch {
            throw OutpostError(.internal, "the sandbox cannot be paused", cause: error)
        }
    }

    /// Starts the worker in its own cgroup. It does not count as a running program.
    ///
    /// - Throws: `unavailable` when the sandbox is stopping; `internal`.
    func startWorker(_ connection: WorkerConnection) async throws(OutpostError) -> any RunningProcess {
        if let cause = lifecycle.cause { throw .sandboxFailed(cause) }
        guard isAlive, let spec else {
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
        run.streams.stdout.isAwaited = true
        process.number = send(program, run, channel: [], filters: filters[program.preset], task: .worker)
        return process
    }
}
