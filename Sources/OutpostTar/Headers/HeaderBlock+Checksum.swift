// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension HeaderBlock {
    /// Checks the checksum: the sum of the header's bytes, with spaces in place of the checksum itself.
    ///
    /// POSIX defines the sum of unsigned bytes. Some old programs added signed bytes, so both sums are accepted (GNU tar
    /// manual, "Basic Tar Format").
    ///
    /// - Throws: `badChecksum`.
    func checkSum() throws(TarError) {
        let field = HeaderField.checksum
        let written = try? headerNumber(slice(field.start, field.count))
        let sums = self.sums
        guard let written, written == sums.unsigned || written == sums.signed else {
            throw TarError(.badChecksum, at: offset, "the checksum of the header at byte \(offset) is wrong")
        }
    }

    private var sums: (unsigned: Int64, signed: Int64) {
        var unsigned: Int64 = 0
        var negative: Int64 = 0
        for byte in slice(0, HeaderBlock.size) {
            unsigned += Int64(byte)
            negative += Int64(byte >> 7)
        }
        for byte in slice(HeaderField.checksum.start, HeaderField.checksum.count) {
            unsigned += Int64(UInt8(ascii: " ")) - Int64(byte)
            negative -= Int64(byte >> 7)
        }
        return (unsigned, unsigned - 256 * negative)
    }
}
