// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostCallbacks

struct CallbackURLTests {
    @Test(arguments: [
        ("http://example.com", "http://example.com:80/"),
        ("HTTPS://Example.COM/A?b=%2F", "https://example.com:443/A?b=%2F"),
        ("https://example.com:8443/a/b;c?d=e/f?g", "https://example.com:8443/a/b;c?d=e/f?g"),
        ("http://example.com?x=1", "http://example.com:80/?x=1"),
        ("http://a_b.example-c.com:1/", "http://a_b.example-c.com:1/"),
        ("http://8.8.8.8:65535/", "http://8.8.8.8:65535/"), ("http://[2606:4700:0:0::1]/", "http://[2606:4700::1]:80/"),
        ("http://[2606:4700::1]:8080/x", "http://[2606:4700::1]:8080/x"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example:80/"),
    ])
    func aURLIsTakenApartAndPutTogether(text: String, canonical: String) throws {
        #expect(try CallbackURL(text).text == canonical)
        try CallbackPolicy.publicOnly.check(text)
    }

    @Test(arguments: [
        "", "example.com", "ftp://example.com/", "file:///etc/passwd", "http+unix://x/", "http:example.com",
        "http:/example.com",
        "//example.com/", " http://example.com/", "http://", "http:///path", "http://?x", "http://:80/",
        "http://user@example.com/", "http://user:pass@example.com/", "http://example.com@127.0.0.1/",
        "http://example.com/#f", "http://example.com#", "http://example.com:0/", "http://example.com:65536/",
        "http://example.com:/", "http://example.com:+80/", "http://example.com:80:80/", "http://example.com:8o/",
        "http://example.com\\@127.0.0.1/", "http://exa mple.com/", "http://example.com/a b",
        "http://example.com/\u{E9}",
        "http://b\u{FC}cher.example/", "http://example.com/%", "http://example.com/%2", "http://example.com/%g0",
        "http://example.com/\r\nX: y", "http://example.com\r\n/", "http://example.com/a[1]", "http://example.com/{x}",
        "http://ex%61mple.com/", "http://127.0.0.1%2f.example.com/", "http://example.com./", "http://.example.com/",
        "http://a..example.com/", "http://[::1/", "http://::1/", "http://[127.0.0.1]/", "http://[fe80::1%25eth0]/",
        "http://[::1]x/", "http://[]/", "http://\u{FF11}27.0.0.1/",
    ])
    func aMalformedURLIsRefused(text: String) {
        expectRefusal(of: text)
    }

    @Test(arguments: [
        "http://2130706433/", "http://0x7f000001/", "http://0X7F.1/", "http://0177.0.0.1/", "http://127.1/",
        "http://127.0.1/",
        "http://127.0.0.1./", "http://127.0.0.01/", "http://1.2.3.4.5/", "http://256.256.256.256/", "http://0x/",
        "http://example.1/", "http://0/",
    ])
    func aHostThatLooksLikeANumberIsRefused(text: String) {
        expectRefusal(of: text)
    }

    @Test(arguments: [
        "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://10.1.2.3:8080/", "https://192.168.0.1/", "http://0.0.0.0/", "http://[::]/",
        "http://[fd00::1]/", "http://[64:ff9b::a00:1]/",
    ])
    func aLiteralAddressThatIsNotPublicIsRefusedAtOnce(text: String) {
        expectRefusal(of: text)
    }

    @Test func aURLMayHave2048BytesAndNoMore() throws {
        let start = "http://example.com/"
        let longest = start + String(repeating: "a", count: 2048 - start.utf8.count)
        try CallbackPolicy.publicOnly.check(longest)
        expectRefusal(of: longest + "a")
    }

    @Test func aNameMayHave63BytesBetweenDotsAnd253InAll() throws {
        let label = String(repeating: "a", count: 63)
        try CallbackPolicy.publicOnly.check("http://\(label).example/")
        expectRefusal(of: "http://a\(label).example/")
        let longest = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        try CallbackPolicy.publicOnly.check("http://\(longest)/")
        expectRefusal(of: "http://\(longest)b/")
    }

    private func expectRefusal(of text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: OutpostError.self, "\(text)", sourceLocation: sourceLocation) {
            try CallbackPolicy.publicOnly.check(text)
        }
        #expect(error?.code == .invalidRequest, sourceLocation: sourceLocation)
        #expect(error?.details.map(\.parameter) == [.callbackURL], sourceLocation: sourceLocation)
    }
}
