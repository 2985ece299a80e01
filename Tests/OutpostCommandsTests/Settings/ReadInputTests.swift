// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import OutpostCommands

/// Standard input, as far as it goes with the call, and the rest.
@Suite struct ReadInputTests {
    private func pipe(_ bytes: Int, isOpen: Bool, _ body: (Int32, FileHandle) async throws -> Void) async throws {
        let pipe = Pipe()
        let (reader, writer) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
        try writer.write(contentsOf: Data(repeating: 7, count: bytes))
        if !isOpen { try writer.close() }
        try await body(reader.fileDescriptor, writer)
        withExtendedLifetime(pipe) {}
    }

    @Test func inputThatIsThereAndHasEndedGoesWithTheCall() async throws {
        for size in [0, 1, 5000] {
            try await pipe(size, isOpen: false) { reader, _ in
                let input = try ReadInput.available(reader)
                #expect(input == ReadInput(bytes: [UInt8](repeating: 7, count: size)))
            }
        }
    }

    @Test func inputThatMayFollowIsNotWaitedFor() async throws {
        try await pipe(3, isOpen: true) { reader, _ in
            let input = try ReadInput.available(reader)
            #expect(input == ReadInput(bytes: [7, 7, 7], isOpen: true))
        }
    }

    @Test func ofALongFileOnlyTheStartGoesWithTheCall() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("read-input-\(UUID())")
        try Data(repeating: 7, count: ReadInput.mostBytes + 1).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let file = try FileHandle(forReadingFrom: path)
        let input = try ReadInput.available(file.fileDescriptor)
        #expect(input.isOpen && input.bytes.count == ReadInput.mostBytes)
        #expect(try file.readToEnd() == Data([7]))
    }

    @Test func theNullDeviceIsEmptyAndAFolderCannotBeRead() throws {
        let null = try #require(FileHandle(forReadingAtPath: "/dev/null"))
        #expect(try ReadInput.available(null.fileDescriptor) == ReadInput(bytes: []))
        let folder = open("/", O_RDONLY)
        defer { close(folder) }
        #expect(throws: (any Error).self) { try ReadInput.available(folder) }
    }

    @Test func theRestComesInPiecesAndHasAnEnd() async throws {
        try await pipe(3, isOpen: true) { descriptor, writer in
            let reader = InputReader(descriptor)
            #expect(await reader.next() == InputReader.Piece(bytes: [7, 7, 7], isLast: false))
            try writer.write(contentsOf: Data([1, 2]))
            try writer.close()
            var bytes: [UInt8] = []
            var isLast = false
            while !isLast, let piece = await reader.next() { (bytes, isLast) = (bytes + piece.bytes, piece.isLast) }
            #expect(bytes == [1, 2] && isLast)
        }
    }

    @Test func aReaderStopsReadingWhenNobodyTakesItsPieces() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("read-input-\(UUID())")
        try Data(repeating: 7, count: 5 << 20).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        let file = try FileHandle(forReadingFrom: path)
        let reader = InputReader(file.fileDescriptor)
        var count = 0
        while let piece = await reader.next() {
            count += piece.bytes.count
            #expect(piece.bytes.count <= InputReader.fullSize + (64 << 10))
            if piece.isLast { break }
        }
        #expect(count == 5 << 20)
    }

    @Test func aCancelledWaitEndsWithoutAPiece() async throws {
        try await pipe(0, isOpen: true) { descriptor, _ in
            let reader = InputReader(descriptor)
            let waiting = Task { await reader.next() }
            waiting.cancel()
            #expect(await waiting.value == nil)
        }
    }
}
