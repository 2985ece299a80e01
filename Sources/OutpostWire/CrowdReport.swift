// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A report of the spawner's supervisor about threads that crowd a lock of the kernel.
public enum CrowdReport: Hashable, Sendable {
    /// The runs of an API namespace are frozen for some milliseconds, because `threads` of their threads waited in the kernel's
    /// function `place`.
    case stopped(tenant: String, threads: UInt32, place: String, milliseconds: UInt32)
    /// Crowds cannot be looked for, with the reason.
    case failed(String)

    /// The report as a message.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .stopped(let tenant, let threads, let place, let milliseconds):
            writer.write(UInt8(1))
            writer.write(tenant)
            writer.write(threads)
            writer.write(place)
            writer.write(milliseconds)
        case .failed(let reason):
            writer.write(UInt8(2))
            writer.write(reason)
        }
        return writer.bytes
    }

    /// Reads a message.
    ///
    /// - Throws: `WireError` when it has another form.
    public init(_ message: [UInt8]) throws(WireError) {
        var reader = ByteReader(message[...])
        switch try reader.integer(UInt8.self) {
        case 1:
            self = .stopped(
                tenant: try reader.string(), threads: try reader.integer(), place: try reader.string(),
                milliseconds: try reader.integer())
        case 2: self = .failed(try reader.string())
        case let other: throw WireError("report of the type \(other)")
        }
        try reader.finish()
    }
}
