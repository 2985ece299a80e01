// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The worker of a sandbox. It starts with the first request, and ends when it has been idle for some time.
@Reactor
final class SandboxWorker {
    private let sendsPipes: Bool
    private let start: @Reactor (WorkerConnection) async throws(OutpostError) -> any RunningProcess
    private let tasks: TaskOwner
    private let patience: UInt64
    private var connection: WorkerConnection?
    private var timer: Reactor.Timer?

    /// Nanoseconds after which an idle worker ends.
    nonisolated static let patience: UInt64 = 30_000_000_000

    /// Creates the worker. The process does not start yet.
    ///
    /// - Parameters:
    ///   - tasks: own the wait for the worker's end.
    ///   - patience: nanoseconds after which an idle worker ends.
    ///   - sendsPipes: whether the worker can get descriptors.
    ///   - start: starts the process.
    init(
        tasks: TaskOwner, patience: UInt64 = patience, sendsPipes: Bool = true,
        start: @escaping @Reactor (WorkerConnection) async throws(OutpostError) -> any RunningProcess
    ) {
        self.tasks = tasks
        self.patience = patience
        self.sendsPipes = sendsPipes
        self.start = start
    }

    /// Begins a request, and starts the worker if necessary.
    func begin(_ operation: WorkerOperation) -> WorkerExchange { used().begin(operation) }

    /// Begins to read a file, and starts the worker if necessary.
    ///
    /// - Returns: the request, and the pipe with the bytes of a large file.
    func beginReading(_ path: String, from offset: UInt64, count: UInt64) -> (WorkerExchange, pipe: Descriptor?) {
        let connection = used()
        let pipe = connection.sendPipe()
        let operation = WorkerOperation.read(
            path: path, offset: offset, length: count, window: WorkerExchange.window, hasPipe: pipe != nil)
        return (connection.begin(operation), pipe)
    }

    private func used() -> WorkerConnection {
        if let timer { Reactor.cancel(timer) }
        timer = nil
        return connection ?? connect()
    }

    private func connect() -> WorkerConnection {
        let connection = WorkerConnection(pipes: sendsPipes ? WorkerPipes() : nil) { [weak self] in
            self?.becameIdle()
        } onEnd: { [weak self] in
            // No other connection exists before this one has ended.
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
            // Its streams have reported the end.
            _ = await process.wait()
        } catch {
            connection.fail(error)
        }
    }

    private func becameIdle() {
        timer = Reactor.schedule(afterNanoseconds: patience) { [weak self] in self?.end() }
    }

    /// Ends the worker. Requests in progress fail.
    func end() {
        if let timer { Reactor.cancel(timer) }
        timer = nil
        connection?.close()
    }
}
