// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The values of a header's type byte (POSIX.1-2017, pax, `typeflag`; GNU tar manual, "Basic Tar Format").
enum HeaderType {
    /// The type of files and directories before POSIX.
    static let oldFile: UInt8 = 0
    static let file = UInt8(ascii: "0")
    static let hardLink = UInt8(ascii: "1")
    static let symbolicLink = UInt8(ascii: "2")
    static let characterDevice = UInt8(ascii: "3")
    static let blockDevice = UInt8(ascii: "4")
    static let directory = UInt8(ascii: "5")
    static let fifo = UInt8(ascii: "6")
    static let contiguous = UInt8(ascii: "7")
    static let sparse = UInt8(ascii: "S")
    static let longName = UInt8(ascii: "L")
    static let longLink = UInt8(ascii: "K")
    static let records = UInt8(ascii: "x")
    /// The value that Solaris writes for `x`.
    static let solarisRecords = UInt8(ascii: "X")
    static let globalRecords = UInt8(ascii: "g")
}
