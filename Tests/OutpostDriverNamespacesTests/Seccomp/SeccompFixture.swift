// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

@testable import OutpostDriverNamespaces

/// A compiled profile, asked as the kernel asks it.
struct SeccompFixture {
    private let programs: [FilterProgram]

    init(_ profile: SeccompProfile = .standard) throws {
        programs = try SeccompFilter.compile(profile).map { try FilterProgram($0) }
    }

    /// `allow`, `kill`, or the name of the errno.
    func verdict(_ call: SystemCall) throws -> String {
        var strictest = Self.allow
        // The one installed last is asked first, and keeps its answer when another is as strict.
        for program in programs.reversed() {
            let answer = try program.run(call)
            if Self.action(answer) < Self.action(strictest) { strictest = answer }
        }
        return try Self.name(strictest)
    }

    func verdict(_ number: UInt32, _ arguments: UInt64...) throws -> String {
        try verdict(SystemCall(number: number, arguments: arguments))
    }

    private static let allow: UInt32 = 0x7fff_0000

    /// The kernel compares actions as signed numbers, so killing is the least.
    private static func action(_ answer: UInt32) -> Int32 { Int32(bitPattern: answer & 0xffff_0000) }

    private static func name(_ answer: UInt32) throws -> String {
        switch answer {
        case allow: "allow"
        case 0x8000_0000: "kill"
        case 0x5_0000: "0"
        case 0x5_0001: "EPERM"
        case 0x5_000c: "ENOMEM"
        case 0x5_0013: "ENODEV"
        case 0x5_0016: "EINVAL"
        case 0x5_0019: "ENOTTY"
        case 0x5_005c: "ENOPROTOOPT"
        case 0x5_005d: "EPROTONOSUPPORT"
        case 0x5_005e: "ESOCKTNOSUPPORT"
        case 0x5_0026: "ENOSYS"
        case 0x5_0061: "EAFNOSUPPORT"
        default: throw FilterProgram.Invalid(reason: "answers \(answer)")
        }
    }
}
