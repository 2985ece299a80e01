// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import OutpostLinux

/// Which system calls a program may make. An allow-list, as data, with a reason beside each entry.
struct SeccompProfile: Sendable {
    struct Allowed: Sendable {
        let reason: String
        let names: [String]
    }

    struct Refused: Sendable {
        let reason: String
        let error: UInt16
        let names: [String]
    }

    struct Condition: Sendable {
        let argument: UInt32
        /// With a mask, equality under it: the kernel reads 32 bits of many arguments, and comparing all 64 would let
        /// garbage in the upper half through (CVE-2019-10063).
        let mask: UInt64?
        let comparison: scmp_compare
        let value: UInt64

        /// An argument that the kernel reads as 32 bits, or some bits of it.
        static func equals(_ argument: UInt32, _ value: UInt64, under mask: UInt64 = 0xffff_ffff) -> Condition {
            Condition(argument: argument, mask: mask, comparison: SCMP_CMP_MASKED_EQ, value: value)
        }
    }

    struct ArgumentRule: Sendable {
        let reason: String
        let name: String
        let error: UInt16
        let conditions: [Condition]
    }

    var allowed: [Allowed]
    var allowedArguments: [ArgumentRule]
    var refused: [Refused]
    var deniedArguments: [ArgumentRule]

    /// The answer to a call that the profile does not know. Libraries that probe for a new call fall back on ENOSYS and
    /// break on EPERM, as glibc did with clone3.
    static let unknownError = UInt16(38)
    static let permissionError = UInt16(1)
    /// ENOMEM and ENODEV.
    static let memoryError = UInt16(12)
    static let deviceError = UInt16(19)
    static let familyError = UInt16(97)
    /// EINVAL: what a kernel says that was built without the thing.
    static let invalidError = UInt16(22)
    /// ENOTTY, ENOPROTOOPT, EPROTONOSUPPORT and ESOCKTNOSUPPORT: there is no such request, option, protocol or type.
    static let requestError = UInt16(25)
    static let optionError = UInt16(92)
    static let protocolError = UInt16(93)
    static let typeError = UInt16(94)
    /// The call is answered with 0 and not made: for what is advice only.
    static let success = UInt16(0)

    static let standard = SeccompProfile(
        allowed: standardAllowed, allowedArguments: standardAllowedArguments, refused: standardRefused,
        deniedArguments: standardDeniedArguments)
}
