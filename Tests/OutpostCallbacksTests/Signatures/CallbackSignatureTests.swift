// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostCallbacks

struct CallbackSignatureTests {
    /// The codes are from Python's `hmac`.
    @Test(arguments: [
        (#"{"id":"job_1"}"#, "d5098032e60bac307eaa523fb6303686401e4b1ce2a83abbe21d78e4cc39c4d4"),
        ("", "0e940497d30bd7299dff0d7dcdd315d1ab245bc1f60074959dd0ebd320862a36"),
    ])
    func aHeaderHasTheTimeAndTheCode(body: String, code: String) {
        let time = Timestamp(milliseconds: 1_790_000_000_999)
        let header = CallbackSignature.header(body: Array(body.utf8), secret: "whsec_0123456789abcdef", at: time)
        #expect(header == "t=1790000000,v1=\(code)")
    }

    @Test func aSecretIsNewEachTime() {
        let secrets = (0..<100).map { _ in CallbackSignature.newSecret() }
        #expect(Set(secrets).count == 100)
        for secret in secrets {
            #expect(secret.hasPrefix("whsec_"))
            #expect(secret.dropFirst(6).count == 64)
            #expect(secret.dropFirst(6).allSatisfy { "0123456789abcdef".contains($0) })
        }
    }
}
