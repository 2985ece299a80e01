// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import Testing

struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func theRFCsExamplesGoBothWays(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test func everyByteSurvives() {
        for length in 0...7 {
            let bytes = (0..<(256 - length)).map { UInt8(255 - $0) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zm9", "====", "=", "Zg==Zg==", "Z===", "Zm9v\n", " Zm9", "Zm-_", "Zh==", "Zm9=", "Zmé=",
        "Z=g=",
    ])
    func anythingLooseIsRefused(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
