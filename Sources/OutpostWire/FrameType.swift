// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The kinds of frames. A number has the same meaning in both directions.
enum FrameType: UInt8 {
    // Both sides.
    case hello = 1
    case data = 2
    case credit = 3
    case end = 4
    case reset = 5
    // From the host.
    case stage = 16
    case start = 17
    case signal = 18
    case resize = 19
    case setClock = 20
    case addEntropy = 21
    case shutDown = 22
    case job = 23
    // To the host.
    case started = 32
    case refused = 33
    case exited = 34
    case signalled = 35
    case used = 36
    case failed = 37
    case waiting = 38
    case jobRefused = 39
    // To a worker.
    case read = 48
    case write = 49
    case status = 50
    case list = 51
    case makeFolder = 52
    case move = 53
    case remove = 54
    case watch = 55
    case connect = 56
    case makeLink = 57
    // From a worker.
    case begun = 64
    case done = 65
    case requestFailed = 66
}

extension Frame {
    init(_ type: FrameType, _ subject: UInt32 = 0, _ payload: [UInt8] = []) {
        self.init(type: type.rawValue, subject: subject, payload: payload)
    }

    init(_ type: FrameType, _ subject: UInt32 = 0, write: (inout ByteWriter) -> Void) {
        var writer = ByteWriter()
        write(&writer)
        self.init(type, subject, writer.bytes)
    }

    /// Checks that the subject is 0.
    func requireNoSubject() throws(WireError) {
        guard subject == 0 else { throw WireError("frame of type \(type) about \(subject)") }
    }
}
