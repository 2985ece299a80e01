// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The signals of this process as a stream, in place of their usual effects, until `end`.
final class LocalSignals {
    let numbers: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]
    private let continuation: AsyncStream<Int32>.Continuation

    /// Starts to take the signals.
    init(_ signals: [Int32]) {
        let (numbers, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.numbers = numbers
        self.continuation = continuation
        sources = signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.activate()
            return source
        }
    }

    /// Gives the signals their usual effects again.
    func end() {
        for source in sources {
            signal(Int32(source.handle), SIG_DFL)
            source.cancel()
        }
        continuation.finish()
    }
}
