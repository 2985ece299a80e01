// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Keeps what a program writes to one stream: the first bytes, and the last where that is asked for. It never has enough,
/// so a program that writes without end is bounded by its time and not stuck on a full pipe.
struct OutputCapture {
    private var record: OutputRecord
    private let stream: LiveOutput.Stream
    /// Keeps it instead, where others can read it meanwhile.
    private let live: LiveOutput?
    /// Bytes that came, whoever keeps them.
    private var total = 0

    init(_ stream: LiveOutput.Stream, record: OutputRecord, live: LiveOutput?) {
        self.stream = stream
        self.record = record
        self.live = live
    }

    /// What is kept, and how much there was.
    var output: CapturedOutput { live.map { $0.output(stream) } ?? record.output }

    /// Whether more has been written than is kept.
    var isExceeded: Bool { total > record.limit }

    mutating func append(_ bytes: [UInt8]) {
        total += bytes.count
        if let live {
            live.append(bytes[...], to: stream, in: record)
        } else {
            record.append(bytes[...])
        }
    }
}
