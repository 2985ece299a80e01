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
    /// Whether the kernel may move the bytes to a pipe. Some file systems cannot do that.
    private var isMovable: Bool

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
        // A file of /proc has no size.
        isMovable = details.size >= Self.leastMoved
        flow = SendFlow(credit: window)
    }

    var canProceed: Bool { rest == 0 || flow.canSend }
    var isOver: Bool { flow.isOver }

    private static let largestPart = 131_072
    /// Bytes from which a copy costs more than the calls for a move.
    private static let leastMoved = 16 << 10

    mutating func fill(_ pipe: Descriptor) -> Int? {
        let wanted = Int(min(UInt64(flow.credit), rest, UInt64(Self.largestPart)))
        guard isMovable, !isOver, wanted >= Self.leastMoved else { return nil }
        do throws(SystemError) {
            // `proceed` reads the end of the file once more, and tells the host.
            guard let count = try file.move(atMost: wanted, to: pipe), count > 0 else { return nil }
            rest -= UInt64(count)
            flow.sent(count)
            return count
        } catch {
            // `proceed` has the same error, if the file cannot be read at all.
            isMovable = false
            return nil
        }
    }

    mutating func proceed() -> [WorkerReply] {
        guard !isOver else { return [] }
        let wanted = min(UInt64(min(flow.credit, Self.largestPart)), rest)
        do throws(SystemError) {
            let bytes = wanted == 0 ? [] : try file.read(atMost: Int(wanted)) ?? []
            guard !bytes.isEmpty else {
                flow.end()
                return [.stream(number, .end)]
            }
            rest -= UInt64(bytes.count)
            flow.sent(bytes.count)
            return [.stream(number, .data(bytes))]
        } catch {
            flow.end()
            return [.failed(number, errno: error.number, detail: "read")]
        }
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
