// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import Subprocess

/// The output of a server. It is kept for failure reports, and searched for the line with the port.
final class ServerOutput: Sendable {
    private static let keptLines = 200

    private let lines = NIOLockedValueBox<[String]>([])
    /// Yields each port in a line. Ends with the output.
    let ports: AsyncStream<Int>
    private let found: AsyncStream<Int>.Continuation

    init() {
        (ports, found) = AsyncStream.makeStream(of: Int.self)
    }

    /// The last lines, for a failure report.
    var tail: String { lines.withLockedValue { $0.joined(separator: "\n") } }

    /// Reads the output to its end.
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

    /// Returns the port of `http://127.0.0.1:PORT`, or of another loopback address.
    private static func port(in line: String) -> Int? {
        guard let found = line.firstMatch(of: /http:\/\/127\.[0-9.]+:([0-9]+)/) else { return nil }
        return Int(found.1)
    }
}
