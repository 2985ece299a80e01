// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A classic BPF program and what it reads, run as the kernel runs it (seccomp(2), linux/filter.h).
struct FilterProgram {
    private struct Instruction {
        let code: UInt16
        let ifTrue: UInt8
        let ifFalse: UInt8
        let value: UInt32
    }

    /// What the interpreter or the kernel would not run.
    struct Invalid: Error {
        let reason: String
    }

    private let instructions: [Instruction]

    init(_ bytes: [UInt8]) throws(Invalid) {
        guard !bytes.isEmpty, bytes.count % 8 == 0 else { throw Invalid(reason: "\(bytes.count) bytes") }
        // BPF_MAXINSNS: the kernel takes no more.
        guard bytes.count / 8 <= 4096 else { throw Invalid(reason: "\(bytes.count / 8) instructions") }
        instructions = stride(from: 0, to: bytes.count, by: 8).map { start in
            let value = bytes[start + 4..<start + 8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return Instruction(
                code: UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8, ifTrue: bytes[start + 2],
                ifFalse: bytes[start + 3], value: value)
        }
    }

    /// What the program answers to a call.
    func run(_ call: SystemCall) throws(Invalid) -> UInt32 {
        var accumulator: UInt32 = 0
        var position = 0
        while position < instructions.count {
            let instruction = instructions[position]
            position += 1
            switch instruction.code {
            case 0x20:  // ld [k]
                accumulator = try call.word(at: instruction.value)
            case 0x54:  // and #k
                accumulator &= instruction.value
            case 0x05:  // ja k
                position += Int(instruction.value)
            case 0x15, 0x25, 0x35, 0x45:
                let isTaken = compare(instruction.code, accumulator, instruction.value)
                position += Int(isTaken ? instruction.ifTrue : instruction.ifFalse)
            case 0x06:  // ret #k
                return instruction.value
            case let code: throw Invalid(reason: "instruction \(code)")
            }
        }
        throw Invalid(reason: "it ends without an answer")
    }

    private func compare(_ code: UInt16, _ left: UInt32, _ right: UInt32) -> Bool {
        switch code {
        case 0x15: left == right  // jeq
        case 0x25: left > right  // jgt
        case 0x35: left >= right  // jge
        default: left & right != 0  // jset
        }
    }
}

/// The `seccomp_data` of one call.
struct SystemCall {
    static let x8664: UInt32 = 0xc000_003e
    static let i386: UInt32 = 0x4000_0003
    static let arm64: UInt32 = 0xc000_00b7

    var number: UInt32
    var architecture = x8664
    var arguments: [UInt64] = []

    func word(at offset: UInt32) throws(FilterProgram.Invalid) -> UInt32 {
        switch offset {
        case 0: return number
        case 4: return architecture
        // The instruction pointer, which no rule may depend on.
        case 8, 12: throw FilterProgram.Invalid(reason: "reads the instruction pointer")
        case 16..<64 where offset % 4 == 0:
            let index = Int(offset - 16) / 8
            let argument = index < arguments.count ? arguments[index] : 0
            return UInt32(truncatingIfNeeded: offset % 8 == 0 ? argument : argument >> 32)
        default: throw FilterProgram.Invalid(reason: "reads at \(offset)")
        }
    }
}
