// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
public import OutpostCore

/// What a signed URL allows.
public struct FileLinkClaim: Hashable, Sendable {
    public let file: FileTarget
    /// Whether the URL replaces the file. Otherwise it reads the file.
    public let writes: Bool
    /// The token that the URL was made with.
    public let credential: CredentialID
    public let expiresAt: Timestamp

    public init(_ file: FileTarget, writes: Bool, credential: CredentialID, expiresAt: Timestamp) {
        self.file = file
        self.writes = writes
        self.credential = credential
        self.expiresAt = expiresAt
    }

    /// The text that is signed. No field but the last one has a line break in it.
    fileprivate var text: String {
        [
            "outpost.file-link.v1", writes ? "PUT" : "GET", file.namespace.rawValue, file.sandbox.rawValue,
            credential.rawValue, String(expiresAt.milliseconds), file.path,
        ].joined(separator: "\n")
    }
}

/// Signs URLs of files, and checks them. A URL has no token in it. It ends at its time, with its sandbox, with the token that
/// it was made with, and with the server's key.
public struct FileLinkService: Sendable {
    private let key: SymmetricKey
    private let tokens: TokenService
    private let clock: WallClock

    init(key: [UInt8], tokens: TokenService, clock: @escaping WallClock) {
        self.key = SymmetricKey(data: key)
        self.tokens = tokens
        self.clock = clock
    }

    /// Returns the signature of a claim: the HMAC-SHA256 (RFC 2104) in hexadecimal.
    public func signature(_ claim: FileLinkClaim) -> String {
        hexadecimal(Array(HMAC<SHA256>.authenticationCode(for: Array(claim.text.utf8), using: key)))
    }

    /// Returns the caller of a signed URL: the owner of its token, with only the right that the URL gives.
    ///
    /// The comparison takes the same time for every wrong signature.
    ///
    /// - Throws: `unauthorized`, with the same text for every reason.
    public func principal(_ claim: FileLinkClaim, signature: String) async throws(OutpostError) -> Principal {
        let code = bytes(signature)
        guard
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(claim.text.utf8), using: key),
            claim.expiresAt > clock(), let owner = await tokens.principal(claim.credential)
        else { throw OutpostError(.unauthorized, "the signed URL is not valid, or not any more") }
        return owner.limited(to: [claim.writes ? .sandboxWrite : .sandboxRead], in: claim.file.namespace)
    }
}

/// Returns the bytes that hexadecimal digits stand for; none for other text.
private func bytes(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue.map(UInt8.init) }
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return [] }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

extension [UInt8] {
    /// Makes random bytes from the kernel (getrandom(2)).
    public init(randomBytes count: Int) {
        var generator = SystemRandomNumberGenerator()
        self = (0..<count).map { _ in .random(in: .min ... .max, using: &generator) }
    }
}
