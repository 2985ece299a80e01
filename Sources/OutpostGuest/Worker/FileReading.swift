// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// Sends a part of a file to the host, as far as the host gives credit.
struct FileReading: WorkerTask {
    let number: UInt32
    private let file: Descriptor
    private var rest: UInt64
    private var flow: SendFlow

    init(_ file: OpenedFile, window: UInt32) {
        number = file.number
        self.file = file.descriptor
        rest = file.length
        flow = SendFlow(credit: window)
    }

    var canProceed: Bool { rest == 0 || flow.canSend }
    var isOver: Bool { flow.isOver }

    private static let largestPart = 131_072

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
