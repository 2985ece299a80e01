// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The captured output of one stream: the first bytes, and the last ones if the limits ask for them. Without a slow
/// reader of `live` it accepts any amount. Therefore a program that writes without end runs until its time limit, and
/// does not block on a full pipe.
struct OutputCapture {
    private var record: OutputRecord
    private let stream: LiveOutput.Stream
    /// Stores the output instead of `record`, so that others can read it while the program runs.
    private let live: (any ProgramOutput)?
    /// The number of bytes that the program has written.
    private var total = 0

    init(_ stream: LiveOutput.Stream, record: OutputRecord, live: (any ProgramOutput)?) {
        self.stream = stream
        self.record = record
        self.live = live
    }

    /// The captured bytes and the total size.
    var output: CapturedOutput { live.map { $0.output(stream) } ?? record.output }

    /// Whether the program has written more than the limit.
    var isExceeded: Bool { total > record.limit }

    /// Adds the next bytes of the stream.
    ///
    /// - Parameter resume: called once when the result is false and the stream may go on.
    /// - Returns: whether the stream may go on now.
    mutating func append(_ bytes: [UInt8], resume: @escaping @Sendable () -> Void) -> Bool {
        total += bytes.count
        guard let live else {
            record.append(bytes[...])
            return true
        }
        return live.append(bytes[...], to: stream, in: record, resume: resume)
    }
}
