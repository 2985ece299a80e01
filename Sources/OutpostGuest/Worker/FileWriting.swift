// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// Writes a file from the host. The file appears at its path only when it is complete.
struct FileWriting: WorkerTask {
    let number: UInt32
    private let path: String
    private let draft: DraftFile
    private var flow = ReceiveFlow(window: WorkerOperation.inputWindow)
    private(set) var isOver = false
    let canProceed = false

    init(
        _ number: UInt32, _ path: String, mode: UInt32?, modified: Int64?, _ options: WorkerOperation.WriteOptions
    ) throws(SystemError) {
        self.number = number
        self.path = path
        if options.contains(.parents), let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
            try makeDirectories(String(path[..<slash]))
        }
        draft = try DraftFile(
            path, mode: mode, modified: modified, isNew: options.contains(.isNew), token: .random(in: .min ... .max))
    }

    mutating func proceed() -> [WorkerReply] { [] }

    mutating func receive(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        switch message {
        case .data(let bytes):
            try flow.receive(bytes.count)
            return append(bytes)
        case .end:
            try flow.end()
            return finish()
        case .reset:
            isOver = true
            draft.abandon()
            return []
        case .credit: throw WireError("credit for what is written")
        }
    }

    private mutating func append(_ bytes: [UInt8]) -> [WorkerReply] {
        do throws(SystemError) {
            try draft.append(bytes)
            return flow.use(bytes.count).map { [.stream(number, .credit($0))] } ?? []
        } catch {
            return fail(error)
        }
    }

    private mutating func finish() -> [WorkerReply] {
        do throws(SystemError) {
            let details = try draft.finish()
            isOver = true
            return [.done(number, details)]
        } catch {
            return fail(error)
        }
    }

    private mutating func fail(_ error: SystemError) -> [WorkerReply] {
        isOver = true
        draft.abandon()
        return [.failed(number, errno: error.number, detail: path)]
    }
}
