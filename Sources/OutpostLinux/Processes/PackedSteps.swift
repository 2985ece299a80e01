// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// Lists of steps as bytes for another process, with offsets in place of pointers (docs/agent-protocol.md, "Packed steps").
/// `outpost_unpack` in COutpost/waiting.c is the receiver.
public enum PackedSteps {
    /// Encodes lists of steps: the number of steps of each list, the total size, the steps, and the data they point to.
    ///
    /// - Parameter programs: as many lists as the receiver expects. No step may run Swift in the child, because the receiver
    ///   has no Swift code.
    public static func encode(_ programs: [[ChildStep]]) -> [UInt8] {
        var packer = Packer(programs.map { UInt32($0.count) })
        for (index, steps) in programs.enumerated() {
            let first = programs[..<index].reduce(0) { $0 + $1.count }
            let program = ChildProgram(steps)
            _ = program.withOperations { operations, count in
                for position in 0..<count { packer.put(operations[position], at: first + position) }
            }
        }
        return packer.finish()
    }

    private struct Packer {
        private static let stride = MemoryLayout<outpost_op>.stride
        private let start: Int
        private var bytes: [UInt8]

        init(_ counts: [UInt32]) {
            start = (counts.count + 1) * MemoryLayout<UInt32>.size
            bytes = counts.flatMap { Array(withUnsafeBytes(of: $0, Array.init)) } + [0, 0, 0, 0]
            let steps = counts.reduce(0) { $0 + Int($1) }
            bytes += [UInt8](repeating: 0, count: steps * Self.stride)
        }

        mutating func put(_ operation: outpost_op, at position: Int) {
            var packed = operation
            packed.a = offset(text(operation.a))
            packed.b = offset(text(operation.b))
            packed.c = offset(text(operation.c))
            packed.data = UnsafeRawPointer(bitPattern: data(operation))
            packed.argv = list(operation.argv)
            packed.envp = list(operation.envp)
            withUnsafeBytes(of: packed) { replace(at: start + position * Self.stride, with: $0) }
        }

        mutating func finish() -> [UInt8] {
            withUnsafeBytes(of: UInt32(bytes.count)) { replace(at: start - MemoryLayout<UInt32>.size, with: $0) }
            return bytes
        }

        private mutating func replace(at position: Int, with content: UnsafeRawBufferPointer) {
            bytes.replaceSubrange(position..<position + content.count, with: content)
        }

        /// Appends data at the next multiple of eight and returns its offset.
        private mutating func append(_ content: UnsafeRawBufferPointer) -> Int {
            bytes += [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
            defer { bytes += content }
            return bytes.count
        }

        private mutating func text(_ pointer: UnsafePointer<CChar>?) -> Int {
            guard let pointer else { return 0 }
            return append(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer) + 1))
        }

        /// Appends the data of a step. The options of a mount are a C string, whose size the step does not have.
        private mutating func data(_ operation: outpost_op) -> Int {
            guard let data = operation.data else { return 0 }
            if operation.kind == Int32(OUTPOST_OP_MOUNT.rawValue) {
                return text(data.assumingMemoryBound(to: CChar.self))
            }
            return append(UnsafeRawBufferPointer(start: data, count: operation.size))
        }

        private mutating func list(
            _ list: UnsafePointer<UnsafeMutablePointer<CChar>?>?
        ) -> UnsafePointer<UnsafeMutablePointer<CChar>?>? {
            guard var item = list else { return nil }
            var offsets: [Int] = []
            while let pointer = item.pointee {
                offsets.append(text(pointer))
                item += 1
            }
            offsets.append(0)
            return UnsafePointer(bitPattern: offsets.withUnsafeBytes { append($0) })
        }

        private func offset(_ position: Int) -> UnsafePointer<CChar>? { UnsafePointer(bitPattern: position) }
    }
}
