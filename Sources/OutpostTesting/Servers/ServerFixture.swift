// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import OutpostAPI
import Subprocess

/// A running server of the real binary on a free port of the loopback device, and an administrator's client.
public struct ServerFixture: Sendable {
    /// How the server ends after the test.
    public enum Ending: Sendable {
        /// By SIGTERM. It must exit with code 0 and leave nothing on the host.
        case terminated
        /// By SIGKILL, as in a crash.
        case killed
    }

    /// A client with the scope `admin`, for the namespace `default`.
    public let api: APIClient
    /// The port of the server.
    public let port: Int
    /// The data directory of the server.
    public let dataDirectory: DataDirectory
    /// The process of the server.
    public let process: ServerProcess
    private let log: ServerOutput

    /// The last lines of the server's output.
    public var output: String { log.tail }

    /// Starts a server on `dataDirectory`, runs `body`, and ends the server.
    ///
    /// - Throws: the error of `body` first; `FixtureError` when the server does not start, does not end as expected, or
    ///   leaves something on the host.
    public static func withServer<Result: Sendable>(
        on dataDirectory: DataDirectory, arguments: [String] = [], ending: Ending = .terminated,
        _ body: (ServerFixture) async throws -> Result
    ) async throws -> Result {
        let output = ServerOutput()
        let serve = ["serve", "--listen", "127.0.0.1:0", "--data-dir", dataDirectory.path] + arguments
        let ended = try await Subprocess.run(
            ServerBinary.launcher, arguments: try ServerBinary.launch(serve), input: .none, output: .sequence,
            error: .combinedWithOutput
        ) { execution in
            let process = ServerProcess(id: execution.processIdentifier.value)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await output.drain(execution.standardOutput) }
                let outcome = await outcome(of: process, output, dataDirectory, body)
                try process.send(ending == .killed ? .kill : .terminate)
                await execution.teardown(using: [
                    .send(signal: ending == .killed ? .kill : .terminate, allowedDurationToNextStep: patience)
                ])
                // A process that outlives the server may hold its output open. The search for leftovers finds it.
                group.cancelAll()
                return outcome
            }
        }
        let status = ended.terminationStatus
        let value = try ended.takeClosureResult().get()
        guard ending == .killed || status == .exited(0) else {
            throw FixtureError("the server ended with \(status), not with exit code 0:\n\(output.tail)")
        }
        if ending == .terminated { try await dataDirectory.expectNothingLeft() }
        return value
    }

    /// Does the same as `withServer(on:)` with a new data directory, which is removed afterwards.
    public static func withServer<Result: Sendable>(
        arguments: [String] = [], _ body: (ServerFixture) async throws -> Result
    ) async throws -> Result {
        try await DataDirectory.withTemporary { directory in
            try await withServer(on: directory, arguments: arguments, body)
        }
    }

    /// Whether the server refuses a run because it stops, with status 503 or a closed port.
    public func refusesWork() async throws -> Bool {
        do {
            let answer = try await api.send(
                "POST", api.sandboxPath("/execute"), json: ["language": "bash", "code": "echo taken"])
            return answer.status == 503 && answer.header("Retry-After") != nil
        } catch {
            // The port is closed.
            return true
        }
    }

    /// Longer than every drain.
    private static let patience = Duration.seconds(120)

    private static func outcome<Value: Sendable>(
        of process: ServerProcess, _ output: ServerOutput, _ directory: DataDirectory,
        _ body: (ServerFixture) async throws -> Value
    ) async -> Result<Value, any Error> {
        do {
            return .success(try await whenReady(process, output, directory, body))
        } catch let error as FixtureError {
            return .failure(FixtureError("\(error)\nthe server wrote:\n\(output.tail)"))
        } catch {
            return .failure(error)
        }
    }

    private static func whenReady<Value: Sendable>(
        _ process: ServerProcess, _ output: ServerOutput, _ directory: DataDirectory,
        _ body: (ServerFixture) async throws -> Value
    ) async throws -> Value {
        var ports = output.ports.makeAsyncIterator()
        guard let port = await ports.next() else { throw FixtureError("the server ended before it was ready") }
        try directory.expectCgroups()
        let token = try directory.adminToken()
        return try await HTTPConnections.withClient { client in
            let api = APIClient(http: client, port: port, authorization: "Bearer \(token)")
            return try await body(
                ServerFixture(api: api, port: port, dataDirectory: directory, process: process, log: output))
        }
    }
}
