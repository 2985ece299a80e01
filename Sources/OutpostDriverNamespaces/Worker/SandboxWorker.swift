// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The worker of a sandbox: started when it is needed, and ended when nobody has needed it for a while.
@Reactor
final class SandboxWorker {
    private let start: @Reactor (WorkerConnection) async throws(OutpostError) -> any RunningProcess
    private let tasks: TaskOwner
    private var connection: WorkerConnection?
    private var timer: Reactor.Timer?

    /// Nanoseconds that a worker without requests is kept.
    nonisolated static let patience: UInt64 = 30_000_000_000

    /// - Parameters:
    ///   - tasks: own what waits for the worker's end.
    ///   - start: starts the process.
    init(
        tasks: TaskOwner, start: @escaping @Reactor (WorkerConnection) async throws(OutpostError) -> any RunningProcess
    ) {
        self.tasks = tasks
        self.start = start
    }

    /// Begins a request, with a worker that is started for it when there is none.
    func begin(_ operation: WorkerOperation) -> WorkerExchange {
        if let timer { Reactor.cancel(timer) }
        timer = nil
        return (connection ?? connect()).begin(operation)
    }

    private func connect() -> WorkerConnection {
        let connection = WorkerConnection { [weak self] in
            self?.becameIdle()
        } onEnd: { [weak self] in
            // There is no other before this one has ended.
            self?.connection = nil
        }
        self.connection = connection
        tasks.run { [start] in await Self.serve(connection, start) }
        return connection
    }

    private static func serve(
        _ connection: WorkerConnection,
        _ start: @Reactor (WorkerConnection) async throws(OutpostError) -> any RunningProcess
    ) async {
        do throws(OutpostError) {
            let process = try await start(connection)
            connection.started(process)
            // How it ended is told by its streams.
            _ = await process.wait()
        } catch {
            connection.fail(error)
        }
    }

    private func becameIdle() {
        timer = Reactor.schedule(afterNanoseconds: Self.patience) { [weak self] in self?.end() }
    }

    /// Ends it; requests in progress fail.
    func end() {
        if let timer { Reactor.cancel(timer) }
        timer = nil
        connection?.close()
    }
}
