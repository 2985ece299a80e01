// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OutpostCore
import Testing

@testable import OutpostServer

struct FileConditionsTests {
    private let file = FileInformation(kind: .file, mode: 0o644, size: 1000, modified: 5, changed: 6, number: 7)

    private func verdict(_ headers: HTTPFields, size: UInt64 = 1000) throws -> FileConditions.Verdict {
        var file = file
        file.size = size
        return try FileConditions(headers).verdict(file)
    }

    @Test(
        "A range is the part that it names",
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=0-999", 0..<1000), ("bytes=10-", 10..<1000), ("bytes=-10", 990..<1000),
            ("bytes=-5000", 0..<1000), ("bytes=990-5000", 990..<1000), ("Bytes=1-2", 1..<3),
            ("bytes=0-99999999999999999999", 0..<1000),
        ] as [(String, Range<UInt64>)])
    func aRangeIsThePartThatItNames(text: String, part: Range<UInt64>) throws {
        #expect(try verdict([.range: text]) == .part(part))
    }

    @Test(
        "A malformed range and several ranges are ignored",
        arguments: [
            "", "bytes", "bytes=", "bytes=-", "bytes=5-1", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1", "bytes=+1-2",
        ])
    func aMalformedRangeIsIgnored(text: String) throws {
        #expect(try verdict([.range: text]) == .whole)
    }

    @Test("A range outside of the file is refused", arguments: ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
    func aRangeOutsideOfTheFileIsRefused(text: String) {
        let error = #expect(throws: OutpostError.self) { try verdict([.range: text]) }
        #expect(error?.code == .rangeNotSatisfiable)
        #expect(throws: OutpostError.self) { try verdict([.range: "bytes=-1"], size: 0) }
    }

    @Test func aReaderThatHasTheFileGetsNothing() throws {
        #expect(try verdict([.ifNoneMatch: file.tag]) == .notModified)
        #expect(try verdict([.ifNoneMatch: "\"x\", W/\(file.tag)"]) == .notModified)
        #expect(try verdict([.ifNoneMatch: "*"]) == .notModified)
        #expect(try verdict([.ifNoneMatch: "\"x\""]) == .whole)
    }

    @Test func aPartIsOnlyOfTheVersionThatTheReaderKnows() throws {
        #expect(try verdict([.range: "bytes=0-1", .ifRange: file.tag]) == .part(0..<2))
        #expect(try verdict([.range: "bytes=0-1", .ifRange: "\"x\""]) == .whole)
    }

    @Test func everyChangeOfAFileChangesItsTag() {
        var tags = Set([file.tag])
        for change: (inout FileInformation) -> Void in [
            { $0.size = 1 }, { $0.modified = 1 }, { $0.changed = 1 }, { $0.number = 1 }, { $0.modified = -1 },
        ] {
            var other = file
            change(&other)
            tags.insert(other.tag)
        }
        #expect(tags.count == 6)
    }

    @Test func aWriterReplacesOnlyTheVersionThatItKnows() throws {
        try FileConditions([.ifMatch: file.tag]).checkWriting(file)
        try FileConditions([.ifMatch: "*"]).checkWriting(file)
        try FileConditions([.ifNoneMatch: "*"]).checkWriting(nil)
        try FileConditions([:]).checkWriting(nil)
        let refused: [(HTTPField.Name, String, FileInformation?)] = [
            (.ifMatch, "\"x\"", file), (.ifMatch, "*", nil), (.ifMatch, "W/\(file.tag)", file),
            (.ifNoneMatch, "*", file),
        ]
        for (name, value, existing) in refused {
            let headers: HTTPFields = [name: value]
            let error = #expect(throws: OutpostError.self) { try FileConditions(headers).checkWriting(existing) }
            #expect(error?.code == .preconditionFailed)
        }
    }
}
