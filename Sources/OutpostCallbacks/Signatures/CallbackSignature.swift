// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
public import OutpostCore

/// The signature that proves to a receiver that this server sent a callback: an HMAC (RFC 2104) of its time and body.
public enum CallbackSignature {
    /// The value of the header `Outpost-Signature`: `t=<seconds since 1970>,v1=<hex of HMAC-SHA256>`. The HMAC's input is
    /// the digits of `t`, a dot and the body. Its key is the text of the secret.
    public static func header(body: [UInt8], secret: String, at time: Timestamp) -> String {
        let seconds = String(time.milliseconds / 1000)
        var code = HMAC<SHA256>(key: SymmetricKey(data: Array(secret.utf8)))
        code.update(data: Array("\(seconds).".utf8))
        code.update(data: body)
        return "t=\(seconds),v1=\(hexadecimal(code.finalize()))"
    }

    /// Makes a secret: `whsec_` and 64 hexadecimal digits from the system's random source.
    public static func newSecret() -> String {
        var generator = SystemRandomNumberGenerator()
        return "whsec_" + (0..<4).map { _ in hexadecimal(generator.next(), digits: 16) }.joined()
    }
}
