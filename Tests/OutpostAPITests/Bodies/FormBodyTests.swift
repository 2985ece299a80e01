// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostAPI

@Suite struct FormBodyTests {
    private static let head = "Content-Disposition: form-data; "

    /// Parts, each with its headers, in a body whose boundary is `b`.
    private static func body(_ parts: String...) -> [UInt8] {
        Array((parts.map { "--b\r\n\($0)\r\n" }.joined() + "--b--\r\n").utf8)
    }

    private static func part(_ fields: String, _ content: String) -> String { "\(head)\(fields)\r\n\r\n\(content)" }

    @Test(arguments: [
        (body(part("name=\"request\"", "{\"language\":\"python\"}")), "{\"language\":\"python\"}"),
        (body(part("name=request", "{}"), part("name=code", "print(1)\n")), #"{"code":"print(1)\n"}"#),
        (body(part("name=\"stdin\"", "")), #"{"stdin":""}"#),
        (body(part("name=\"stdin\"", "a\r\n--c\r\n")), #"{"stdin":"a\r\n--c\r\n"}"#),
        (body(part("name=\"stdin\"; filename=\"x.bin\"", "é")), #"{"stdin":"é"}"#),
        (
            body(part("name=\"files\"; filename=\"a/b.txt\"", "1"), part("name=files; filename=c", "2")),
            #"{"files":[{"path":"a/b.txt","content":"1"},{"path":"c","content":"2"}]}"#
        ),
        (
            body(
                part("name=request", #"{"files":[{"path":"z"}]}"#), part("name=\"files\"; filename=\"a\"", "1")),
            #"{"files":[{"path":"z"},{"path":"a","content":"1"}]}"#
        ),
        (body(part("name=\"files\"; filename=\"a\\\"b\"", "")), #"{"files":[{"path":"a\"b","content":""}]}"#),
        (body(part("name=\"files\"; filename=\"a%22b\"", "")), #"{"files":[{"path":"a\"b","content":""}]}"#),
        (body(part("filename=\"a;b\"; name=\"files\"", "")), #"{"files":[{"path":"a;b","content":""}]}"#),
        (Array("preamble\r\n".utf8) + body(part("name=code", "x")) + Array("epilogue".utf8), #"{"code":"x"}"#),
        (Array("--b  \r\n\(head)name=code\r\n\r\nx\r\n--b--".utf8), #"{"code":"x"}"#),
        (
            Array("--b\r\ncontent-disposition:form-data;name=code\r\nContent-Type: text/plain\r\n\r\n\r\n--b--".utf8),
            #"{"code":""}"#
        ),
        (Array("--b--\r\n".utf8), "{}"),
    ]) func partsAreFields(_ bytes: [UInt8], _ json: String) throws {
        #expect(try FormBody.json(bytes, boundary: "b") == JSONValue(parsing: Array(json.utf8)))
    }

    @Test func bytesThatAreNoTextAreBase64() throws {
        let bytes = Array("--b\r\n\(Self.head)name=stdin\r\n\r\n".utf8) + [0xff, 0, 13, 10] + Array("\r\n--b--".utf8)
        #expect(try FormBody.json(bytes, boundary: "b") == ["stdin_base64": "/wANCg=="])
    }

    @Test(arguments: [
        ([], "has no part"), (Array("--c--\r\n".utf8), "has no part"),
        (Array("--b\r\n".utf8), "ends within a part"), (Array("--b".utf8), "ends within a part"),
        (Array("--bx\r\n\(head)name=code\r\n\r\nx\r\n--b--".utf8), "ends within a part"),
        (Array("--b\r\n\(head)name=code\r\n\r\nx".utf8), "ends within a part"),
        (Array("--b\r\n--b--".utf8), "without headers"), (body("x"), "without headers"),
        (body("no colon\r\n\r\nx"), "the header no colon"), (body("A: b\r\n\r\nx"), "without a name"),
        (body("\(head)filename=x\r\n\r\n"), "without a name"), (body(part("name=\"a", "")), "cannot be read"),
        (body(part("name=a; name=b", "")), "cannot be read"),
        (body("Content-Disposition: file\r\n\r\n"), "not form-data"),
        (body("\(head)name=code\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ=="), "Content-Transfer-Encoding base64"),
        (body(part("name=language", "python")), "fields go into request"),
        (body(part("name=files", "x")), "must have a filename"), (body(part("name=request", "[]")), "an object"),
        (body(part("name=request", "{")), "not valid JSON"),
        (body(part("name=request", "{}"), part("name=request", "{}")), "given twice"),
        (body(part("name=request", #"{"code":"a"}"#), part("name=code", "b")), "given twice"),
        (body(part("name=code", "a"), part("name=code", "b")), "given twice"),
        (body(part("name=request", #"{"stdin_base64":""}"#), part("name=stdin", "b")), "given twice"),
        (body(part("name=request", #"{"files":{}}"#), part("name=files; filename=a", "b")), "an array"),
    ]) func whatCannotBeReadIsRefused(_ bytes: [UInt8], _ words: String) {
        let error = #expect(throws: OutpostError.self) { try FormBody.json(bytes, boundary: "b") }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func codeThatIsNoTextIsRefused() {
        let bytes = Array("--b\r\n\(Self.head)name=code\r\n\r\n".utf8) + [0xff] + Array("\r\n--b--".utf8)
        let error = #expect(throws: OutpostError.self) { try FormBody.json(bytes, boundary: "b") }
        #expect(error?.fields.first?.problem == "is not UTF-8")
    }

    @Test(arguments: [[], [0xff], Array("a\r\n--".utf8) + [0xfe], Array(0...255)] as [[UInt8]])
    func whatIsEncodedIsReadAgain(_ stdin: [UInt8]) throws {
        var object = JSONObject()
        object["code"] = "x"
        let encoded = FormBody.encode(
            .object(object), [FormBody.Part(name: "stdin", content: stdin)], boundary: "outpost-1")
        guard case .object(let read) = try FormBody.json(encoded, boundary: "outpost-1") else {
            throw OutpostError(.internal, "no object")
        }
        #expect(read["code"] == "x")
        let text = read["stdin"]?.stringValue.map { Array($0.utf8) }
        let bytes = read["stdin_base64"]?.stringValue.flatMap(Base64.decode) ?? text
        #expect(bytes == stdin)
    }
}
