// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import OutpostLinux

/// The system calls that a program may make: an allow-list as data, with a reason for each entry.
struct SeccompProfile: Sendable {
    /// Calls that are allowed with any arguments.
    struct Allowed: Sendable {
        let reason: String
        let names: [String]
    }

    /// Calls that are refused with this error.
    struct Refused: Sendable {
        let reason: String
        let error: UInt16
        let names: [String]
    }

    /// A condition on one argument of a call.
    struct Condition: Sendable {
        let argument: UInt32
        /// With a mask, the argument is compared under it. The kernel reads only 32 bits of many arguments. A
        /// comparison of all 64 bits would let a call through with other bits in the upper half (CVE-2019-10063).
        let mask: UInt64?
        let comparison: scmp_compare
        let value: UInt64

        /// A condition on an argument that the kernel reads as 32 bits, or on some of its bits.
        static func equals(_ argument: UInt32, _ value: UInt64, under mask: UInt64 = 0xffff_ffff) -> Condition {
            Condition(argument: argument, mask: mask, comparison: SCMP_CMP_MASKED_EQ, value: value)
        }
    }

    /// A rule for a call with these arguments.
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

    /// ENOSYS, the result of a call that is not in the profile. Libraries that try a new call fall back on ENOSYS and
    /// fail on EPERM, as glibc did with clone3.
    static let unknownError = UInt16(38)
    /// EPERM.
    static let permissionError = UInt16(1)
    /// ENOMEM and ENODEV.
    static let memoryError = UInt16(12)
    static let deviceError = UInt16(19)
    /// EAFNOSUPPORT.
    static let familyError = UInt16(97)
    /// EINVAL, the result of a kernel without this feature.
    static let invalidError = UInt16(22)
    /// ENOTTY, ENOPROTOOPT, EPROTONOSUPPORT and ESOCKTNOSUPPORT: no such request, option, protocol or type.
    static let requestError = UInt16(25)
    static let optionError = UInt16(92)
    static let protocolError = UInt16(93)
    static let typeError = UInt16(94)
    /// The call returns 0 and does nothing. Used for calls that are only advice.
    static let success = UInt16(0)

    /// The profile of the preset `default`.
    static let standard = SeccompProfile(
        allowed: standardAllowed, allowedArguments: standardAllowedArguments, refused: standardRefused,
        deniedArguments: standardDeniedArguments)
}
