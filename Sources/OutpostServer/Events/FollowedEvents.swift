// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostEngine
import ServiceLifecycle

extension Answer {
    /// Returns an answer of server-sent events that ends when its client goes away or the server stops.
    ///
    /// - Parameters:
    ///   - hold: the answer's place in the quota `max_streams`. It is released at the end.
    ///   - leave: ends what the answer follows. It can be called twice. When the connection has closed before the answer
    ///     begins, the framework does not call the stream, and `leave` is not called. Then the objects end by themselves.
    static func events(
        _ hold: QuotaHold, of call: Call, leave: @escaping @Sendable () -> Void, _ stream: @escaping Stream
    ) -> Answer {
        .events { [channel = call.channel] send in
            defer {
                leave()
                hold.release()
                ClientDeparture.forget(channel)
            }
            try await ClientDeparture.watch(channel) {
                leave()
                hold.release()
            }
            // The server closes when its last answer has ended, and some of these would never end by themselves.
            try await withGracefulShutdownHandler {
                try await stream(send)
            } onGracefulShutdown: {
                leave()
            }
        }
    }
}
