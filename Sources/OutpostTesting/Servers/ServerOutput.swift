// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Subprocess

/// What a server writes: kept for the report of a failure, and searched for the line that says it is ready.
final class ServerOutput: Sendable {
    private static let keptLines = 200

    private let lines = NIOLockedValueBox<[String]>([])
    /// Yields each port that a line names; ends with the output.
    let ports: AsyncStream<Int>
    private let found: AsyncStream<Int>.Continuation

    init() {
        (ports, found) = AsyncStream.makeStream(of: Int.self)
    }

    /// The last lines, for people.
    var tail: String { lines.withLockedValue { $0.joined(separator: "\n") } }

    /// Reads until nobody can write any more.
    func drain(_ output: SubprocessOutputSequence) async throws {
        defer { found.finish() }
        for try await line in output.strings() {
            lines.withLockedValue {
                $0.append(line)
                $0.removeFirst(max(0, $0.count - Self.keptLines))
            }
            if let port = Self.port(in: line) { found.yield(port) }
        }
    }

    /// The port of `http://127.0.0.1:PORT`, or of another address of the loopback network.
    private static func port(in line: String) -> Int? {
        guard let found = line.firstMatch(of: /http:\/\/127\.[0-9.]+:([0-9]+)/) else { return nil }
        return Int(found.1)
    }
}
