// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Searches the content of a configuration file for secrets.
enum ConfigurationContent {
    /// Whether the file holds a private key in a text format that begins with a line of dashes (RFC 7468).
    static func holdsPrivateKey(_ bytes: [UInt8]) -> Bool {
        lines(bytes).contains { $0.starts(with: dashes) && contains($0, "private key") }
    }

    /// Whether the file mentions a secret, such as a password or a token. Certificates are skipped: they are public, and
    /// their base64 text can contain any word.
    static func mentionsSecrets(_ bytes: [UInt8]) -> Bool {
        var isCertificate = false
        for line in lines(bytes) {
            let isBoundary = line.starts(with: dashes)
            if isBoundary { isCertificate = contains(line, "-----begin certificate") }
            if isCertificate { continue }
            if words.contains(where: { contains(line, $0) }) || namesUser(line) { return true }
        }
        return false
    }

    private static let dashes = Array("-----".utf8)

    private static let words = [
        "private key", "password", "passwd", "passphrase", "secret", "token", "credential", "apikey", "api_key",
        "api-key",
        "authorization", "bearer ",
    ]

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "\n")) }

    /// Whether a line has a URL with a user, such as `https://name:password@host`.
    private static func namesUser(_ line: ArraySlice<UInt8>) -> Bool {
        let scheme = Array("://".utf8)
        guard line.count > 4, line.contains(UInt8(ascii: "@")) else { return false }
        return line.indices.dropLast(3).contains { start in
            line[start...].starts(with: scheme)
                && line[(start + 3)...].first {
                    [UInt8(ascii: "/"), UInt8(ascii: " "), UInt8(ascii: "@")].contains($0)
                }
                    == UInt8(ascii: "@")
        }
    }

    /// Whether a line contains `word`, which must be in lower case. The case of the line does not matter.
    static func contains(_ line: ArraySlice<UInt8>, _ word: String) -> Bool {
        let wanted = Array(word.utf8)
        guard line.count >= wanted.count else { return false }
        return line.indices.dropLast(wanted.count - 1).contains { start in
            lowered(line[start]) == wanted[0] && wanted.indices.allSatisfy { lowered(line[start + $0]) == wanted[$0] }
        }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
