// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The framed streams of all processes.
struct StreamTable {
    private var outputs: [OutputStream] = []
    private var inputs: [InputStream] = []

    var isEmpty: Bool { outputs.isEmpty && inputs.isEmpty }

    /// - Throws: `WireError` when there is an output of this number.
    mutating func add(_ output: OutputStream) throws(WireError) {
        guard !outputs.contains(where: { $0.number == output.number }) else {
            throw WireError("output stream \(output.number) twice")
        }
        outputs.append(output)
    }

    /// - Throws: `WireError` when there is an input of this number.
    mutating func add(_ input: InputStream) throws(WireError) {
        guard !inputs.contains(where: { $0.number == input.number }) else {
            throw WireError("input stream \(input.number) twice")
        }
        inputs.append(input)
    }

    /// Handles a message from the host. The stream may have ended here; the message has no effect then.
    ///
    /// - Returns: the message to send to the host, if any.
    mutating func receive(
        _ message: StreamMessage, of number: UInt32, _ epoll: Epoll
    ) throws(WireError) -> StreamMessage? {
        switch message {
        case .data(let bytes):
            guard let index = input(number) else { return nil }
            return try inputs[index].receive(bytes)
        case .end:
            guard let index = input(number) else { return nil }
            return try inputs[index].end()
        case .credit(let bytes):
            guard let index = output(number) else { return nil }
            try outputs[index].add(credit: bytes)
        case .reset:
            if let index = output(number) { outputs.remove(at: index).close(epoll) }
            if let index = input(number) { inputs.remove(at: index).close(epoll) }
        }
        return nil
    }

    /// Reads from a readable output.
    mutating func read(_ number: UInt32) -> StreamMessage? { output(number).flatMap { outputs[$0].read() } }

    /// Writes to a writable input.
    mutating func write(_ number: UInt32) -> StreamMessage? { input(number).flatMap { inputs[$0].write() } }

    /// Closes and removes the streams that have ended, and makes the loop wait for the others as needed.
    mutating func update(_ epoll: Epoll, hasRoom: Bool) throws(SystemError) {
        for output in outputs where output.isOver { output.close(epoll) }
        outputs.removeAll(where: \.isOver)
        for input in inputs where input.isOver { input.close(epoll) }
        inputs.removeAll(where: \.isOver)
        for index in outputs.indices { try outputs[index].listen(epoll, hasRoom: hasRoom) }
        for index in inputs.indices { try inputs[index].listen(epoll) }
    }

    private func output(_ number: UInt32) -> Int? { outputs.firstIndex { $0.number == number } }

    private func input(_ number: UInt32) -> Int? { inputs.firstIndex { $0.number == number } }
}
