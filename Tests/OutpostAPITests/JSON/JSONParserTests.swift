// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import Testing

struct JSONParserTests {
    @Test(
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-0", .integer(0)),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.0", .number(1)), ("1e3", .number(1000)),
            ("-2.5E-1", .number(-0.25)), ("1e-400", .number(0)), ("[]", []), ("[1,\n2]", [1, 2]), ("{}", [:]),
            (#"{"a":{"b":[null]}}"#, ["a": ["b": [.null]]]), (#""""#, ""), (#""é😀""#, "é😀"),
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""a\u00e9\uD83D\uDE00z""#, "aé😀z"),
            (#""\u0000""#, "\0"), (#""\uFFFF\ud7ff\ue000""#, "\u{FFFF}\u{D7FF}\u{E000}"),
        ] as [(String, JSONValue)])
    func aDocumentIsReadAsTheValueItSpells(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3),
            ("nulL", .unexpectedByte, 3),
            ("[1,]", .unexpectedByte, 3), ("[1 2]", .unexpectedByte, 3), ("[1", .unexpectedEnd, 2),
            ("{\"a\":1,}", .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1), ("{\"a\" 1}", .unexpectedByte, 5),
            ("{\"a\":1", .unexpectedEnd, 6), ("{", .unexpectedEnd, 1), ("1 2", .trailingContent, 2),
            ("{}x", .trailingContent, 2), ("\u{FEFF}1", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0),
            ("NaN", .unexpectedByte, 0), ("+1", .unexpectedByte, 0), ("01", .invalidNumber, 0),
            ("-", .invalidNumber, 1),
            ("-01", .invalidNumber, 1), ("1.", .invalidNumber, 2), (".5", .unexpectedByte, 0),
            ("1e", .invalidNumber, 2),
            ("1e+", .invalidNumber, 3), ("[1e400]", .numberOutOfRange, 1), ("-1e400", .numberOutOfRange, 0),
            ("\"a", .unexpectedEnd, 2), ("\"a\nb\"", .controlCharacter, 2), ("\"a\\tb\n\"", .controlCharacter, 5),
            ("\"\\", .unexpectedEnd, 2), ("\"\\x\"", .invalidEscape, 2), ("\"\\u12g4\"", .invalidEscape, 5),
            ("\"\\u12", .unexpectedEnd, 5), ("\"\\ud800\"", .loneSurrogate, 3), ("\"\\udc00\"", .loneSurrogate, 3),
            ("\"\\ud800\\u0041\"", .loneSurrogate, 3), ("\"\\ud800\\n\"", .loneSurrogate, 3),
            (#"{"a":1,"a":2}"#, .duplicateName, 7), (#"{"a":1,"\u0061":2}"#, .duplicateName, 7),
        ] as [(String, JSONParseError.Reason, Int)])
    func whatIsNotJSONIsRefusedWithItsPlace(text: String, reason: JSONParseError.Reason, offset: Int) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: Array(text.utf8)) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82],
        ] as [[UInt8]])
    func bytesThatAreNotUTF8AreRefused(bytes: [UInt8]) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: bytes) }
        #expect(error?.reason == .invalidUTF8)
        #expect(error?.offset == 1)
    }

    @Test(arguments: [("[", "]"), ("{\"a\":", "}")])
    func nestingEndsAtSixtyFour(open: String, close: String) throws {
        func nested(_ depth: Int) -> [UInt8] {
            let inner = open == "[" ? "" : "1"
            return Array(
                (String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: nested(65)) }
        #expect(error?.reason == .tooDeep)
        let hostile = Array(String(repeating: open, count: 1_000_000).utf8)
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: hostile) }
    }

    @Test func aMillionValuesAreTheMost() throws {
        func zeros(_ count: Int) -> [UInt8] {
            Array("[".utf8) + Array(repeatElement("0,".utf8, count: count - 1).joined()) + Array("0]".utf8)
        }
        #expect(try JSONValue(parsing: zeros(999_999)).arrayValue?.count == 999_999)
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: zeros(1_000_000)) }
        #expect(error?.reason == .tooManyValues)
    }

    @Test func aNumberOfAbsurdLengthIsRefused() {
        let digits = Array(String(repeating: "9", count: 100_000).utf8)
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: digits) }
        #expect(error?.reason == .numberOutOfRange)
    }

    @Test func namesThatUnicodeCallsEquivalentAreNoDuplicates() throws {
        let value = try JSONValue(parsing: Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
        #expect(value.objectValue?.count == 2)
    }

    @Test func duplicatesAreFoundInLargeObjectsToo() {
        let members = (0..<1000).map { "\"k\($0)\":0" } + ["\"k500\":1"]
        let text = "{" + members.joined(separator: ",") + "}"
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: Array(text.utf8)) }
        #expect(error?.reason == .duplicateName)
    }

    @Test func anyPrefixOfADocumentIsRefusedRatherThanReadWrong() {
        let text = Array(#"{"a":[1.5e3,"x\u00e9\n",true,null],"b":{"c":-1}}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: JSONParseError.self, "prefix of \(length)") {
                try JSONValue(parsing: Array(text.prefix(length)))
            }
        }
    }
}
