// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Sends a part of a file to the host, as far as the host gives credit.
struct FileReading: WorkerTask {
    let number: UInt32
    let details: FileInformation
    private let file: Descriptor
    private var rest: UInt64
    private var flow: SendFlow
    private var buffer: [UInt8] = []

    /// Opens the file. It never waits for a FIFO or a device.
    ///
    /// - Throws: `SystemError`: EISDIR for a folder, EINVAL for another entry that is no regular file.
    init(_ number: UInt32, _ path: String, offset: UInt64, length: UInt64, window: UInt32) throws(SystemError) {
        self.number = number
        do throws(SystemError) {
            file = try Descriptor.open(path, [.readOnly, .nonBlocking, .noControllingTerminal])
            details = try FileInformation(file)
            guard details.kind != .directory else { throw SystemError("read", number: SystemError.isADirectory) }
            guard details.kind == .file else { throw SystemError("read", number: SystemError.invalid) }
            if offset > 0 { try file.seek(to: offset) }
        } catch {
            throw SystemError(error.operation, path: path, number: error.number)
        }
        rest = length
        flow = SendFlow(credit: window)
    }

    var canProceed: Bool { rest == 0 || flow.canSend }
    var isOver: Bool { flow.isOver }

    private static let largestPart = 65_536

    mutating func proceed() -> [WorkerReply] {
        guard !isOver else { return [] }
        let wanted = min(UInt64(min(flow.credit, Self.largestPart)), rest)
        if buffer.count < wanted { buffer = [UInt8](repeating: 0, count: Int(wanted)) }
        do throws(SystemError) {
            let count = wanted == 0 ? 0 : try read(Int(wanted))
            guard count > 0 else {
                flow.end()
                return [.stream(number, .end)]
            }
            rest -= UInt64(count)
            flow.sent(count)
            return [.stream(number, .data(Array(buffer[..<count])))]
        } catch {
            flow.end()
            return [.failed(number, errno: error.number, detail: "read")]
        }
    }

    private mutating func read(_ count: Int) throws(SystemError) -> Int {
        try buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(SystemError) in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])) ?? 0
            }
        }.get()
    }

    mutating func receive(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        switch message {
        case .credit(let bytes): try flow.add(bytes)
        case .reset: flow.end()
        case .data, .end: throw WireError("data for what is read")
        }
        return []
    }
}
