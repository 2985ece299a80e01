// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// The writer refuses what no reader could read as it is meant, and parts in an order that makes no archive.
struct WriterRefusalTests {
    private func code(_ entry: TarEntry) -> TarError.Code? {
        var writer = TarWriter()
        do {
            _ = try writer.begin(entry)
            return nil
        } catch {
            #expect(writer.offset == 0)
            return error.code
        }
    }

    private let name: [UInt8] = [0x61]

    @Test func namesThatAHeaderCannotHoldAreRefused() {
        #expect(code(TarEntry(path: [], kind: .file)) == .badName)
        #expect(code(TarEntry(path: [0x61, 0], kind: .file)) == .badName)
        #expect(code(TarEntry(path: Array("a/".utf8), kind: .file)) == .badName)
        #expect(code(TarEntry(path: Array("a/".utf8), kind: .directory)) == nil)
        #expect(code(TarEntry(path: name, kind: .symbolicLink(target: []))) == .badName)
        #expect(code(TarEntry(path: name, kind: .hardLink(target: [0]))) == .badName)
        #expect(code(TarEntry(path: name, kind: .file, userName: [0])) == .badName)
        #expect(code(TarEntry(path: name, kind: .file, groupName: [0x61, 0])) == .badName)
        #expect(code(TarEntry(path: name, kind: .file, attributes: [[]: []])) == .badName)
        #expect(code(TarEntry(path: name, kind: .file, attributes: [[0]: []])) == .badName)
    }

    @Test func numbersThatAHeaderCannotHoldAreRefused() {
        #expect(code(TarEntry(path: name, kind: .file, mode: 0o10000)) == .unwritable)
        #expect(code(TarEntry(path: name, kind: .file, uid: -1)) == .unwritable)
        #expect(code(TarEntry(path: name, kind: .file, gid: .min)) == .unwritable)
        #expect(code(TarEntry(path: name, kind: .file, size: 1 << 63)) == .unwritable)
        #expect(
            code(TarEntry(path: name, kind: .file, modified: TarTime(seconds: 0, nanoseconds: 1_000_000_000)))
                == .unwritable)
        #expect(code(TarEntry(path: name, kind: .file, modified: TarTime(seconds: .min))) == .unwritable)
        #expect(
            code(TarEntry(path: name, kind: .blockDevice(TarDevice(major: 1 << 21, minor: 0)))) == .unwritable)
    }

    @Test func onlyFilesMayHaveContent() {
        #expect(code(TarEntry(path: name, kind: .directory, size: 1)) == .unwritable)
        #expect(code(TarEntry(path: name, kind: .fifo, extents: [])) == .unwritable)
        #expect(code(TarEntry(path: name, kind: .hardLink(target: name), size: 5)) == .unwritable)
    }

    @Test func mapsThatContradictThemselvesAreRefused() {
        func code(_ extents: [TarExtent]) -> TarError.Code? {
            self.code(TarEntry(path: name, kind: .file, size: 100, extents: extents))
        }
        #expect(code([TarExtent(offset: 0, count: 5), TarExtent(offset: 4, count: 5)]) == .badSparseMap)
        #expect(code([TarExtent(offset: 50, count: 5), TarExtent(offset: 4, count: 5)]) == .badSparseMap)
        #expect(code([TarExtent(offset: 96, count: 5)]) == .badSparseMap)
        #expect(code([TarExtent(offset: .max, count: .max)]) == .badSparseMap)
        #expect(code([TarExtent(offset: 95, count: 5)]) == nil)
        #expect(code([TarExtent(offset: 0, count: 5), TarExtent(offset: 9, count: 5)]) == .unwritable)
    }

    @Test func anEntryGetsAsMuchContentAsItHas() throws {
        var writer = TarWriter()
        _ = try writer.begin(TarEntry(path: name, kind: .file, size: 3))
        #expect(throws: TarError(.contentTooShort, at: 512, "an entry gets less content than its size")) {
            try writer.end()
        }
        #expect(try writer.content([1, 2]) == [1, 2])
        #expect(throws: TarError(.contentTooLong, at: 514, "an entry gets more content than its size")) {
            _ = try writer.content([3, 4])
        }
        _ = try writer.content([3])
        #expect(try writer.end().count == 509)
        #expect(writer.offset == 1024)
    }

    @Test func aSparseEntryGetsNoHoles() throws {
        var writer = TarWriter()
        _ = try writer.begin(
            TarEntry(path: name, kind: .file, size: 100, extents: [TarExtent(offset: 50, count: 2)]))
        #expect(throws: TarError.self) { _ = try writer.content([1, 2, 3]) }
        _ = try writer.content([1, 2])
        _ = try writer.end()
    }

    @Test func partsComeInOneOrder() throws {
        func expectWrongOrder(_ call: (inout TarWriter) throws -> Void, _ writer: TarWriter) {
            var writer = writer
            let error = #expect(throws: TarError.self) { try call(&writer) }
            #expect(error?.code == .wrongOrder)
        }
        let entry = TarEntry(path: name, kind: .file)
        var writer = TarWriter()
        expectWrongOrder({ _ = try $0.content([]) }, writer)
        expectWrongOrder({ _ = try $0.end() }, writer)
        _ = try writer.begin(entry)
        expectWrongOrder({ _ = try $0.begin(entry) }, writer)
        expectWrongOrder({ _ = try $0.finish() }, writer)
        _ = try writer.end()
        _ = try writer.finish()
        expectWrongOrder({ _ = try $0.begin(entry) }, writer)
        expectWrongOrder({ _ = try $0.finish() }, writer)
    }
}
