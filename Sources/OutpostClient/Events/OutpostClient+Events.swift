// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OutpostCore

extension OutpostClient {
    /// Makes `call`, whose answer is a stream of events, and passes each event to `take` until `take` returns a value.
    ///
    /// - Parameter longestSilence: the longest time in which the server sends nothing.
    /// - Throws: the server's error; `unavailable` when the connection broke or the server was silent too long; the
    ///   error of `take`.
    /// - Returns: the value of `take`, or nil when the stream ended before.
    func stream<Value: Sendable>(
        _ call: Call, longestSilence: Duration, _ take: @escaping @Sendable (ServerSentEvent) async throws -> Value?
    ) async throws -> Value? {
        let response = try await open(call)
        let idleTimer = IdleTimer()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await self.read(response, of: call, idleTimer, take) }
            group.addTask {
                try await idleTimer.outlast(longestSilence)
                throw OutpostError(
                    .unavailable,
                    "\(self.configuration.address) has sent nothing for \(longestSilence.components.seconds) s")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    /// Makes `call` and returns the answer before its body is read.
    func open(_ call: Call) async throws(OutpostError) -> HTTPClientResponse {
        let request = try request(call, call.encodedBody)
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: .seconds(call.timeout))
        } catch {
            throw callFailure(error, configuration.address, call)
        }
        guard (200..<300).contains(response.status.code) else { throw try await reply(response, call).refusal }
        return response
    }

    private func read<Value>(
        _ response: HTTPClientResponse, of call: Call, _ idleTimer: IdleTimer,
        _ take: (ServerSentEvent) async throws -> Value?
    ) async throws -> Value? {
        var parser = EventStreamParser(longestEvent: Self.longestAnswer)
        var chunks = response.body.makeAsyncIterator()
        while let chunk = try await next(&chunks, of: call, idleTimer) {
            for event in try parser.events(in: chunk.readableBytesView) {
                if let value = try await take(event) { return value }
            }
        }
        return nil
    }

    private func next(
        _ chunks: inout HTTPClientResponse.Body.AsyncIterator, of call: Call, _ idleTimer: IdleTimer
    ) async throws(OutpostError) -> ByteBuffer? {
        idleTimer.begin()
        defer { idleTimer.end() }
        do {
            return try await chunks.next()
        } catch {
            throw callFailure(error, configuration.address, call)
        }
    }
}
