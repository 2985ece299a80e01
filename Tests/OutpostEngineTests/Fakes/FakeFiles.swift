// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// What a compiler left, for whoever reads it.
enum FakeBinary {
    case bytes([UInt8])
    /// A file that says to have so many bytes.
    case size(UInt64)
    case kind(FileInformation.Kind)
    case failure(OutpostError)
}

/// Files of a sandbox that is only a record: one binary is at every path.
final class FakeFiles: SandboxFiles {
    private let binary: FakeBinary

    init(_ binary: FakeBinary) { self.binary = binary }

    func information(at path: String, followsLink: Bool) throws(OutpostError) -> FileInformation {
        switch binary {
        case .bytes(let bytes): FileInformation(kind: .file, mode: 0o755, size: UInt64(bytes.count))
        case .size(let size): FileInformation(kind: .file, mode: 0o755, size: size)
        case .kind(let kind): FileInformation(kind: kind, mode: 0o755)
        case .failure(let error): throw error
        }
    }

    func read(_ path: String, from offset: UInt64, count: UInt64) throws(OutpostError) -> FileContent {
        guard case .bytes(let bytes) = binary else { throw Self.missing }
        return FileContent(try information(at: path, followsLink: true), FakeBytes(bytes))
    }

    private static let missing = OutpostError(.internal, "a sandbox that is only a record has no files")

    func write(_ path: String, options: FileWriteOptions) throws(OutpostError) -> any FileWriter { throw Self.missing }

    func list(_ path: String, depth: Int) throws(OutpostError) -> any PulledStream<[DirectoryEntry]> {
        throw Self.missing
    }

    func makeDirectory(_ path: String, mode: UInt32, makesParents: Bool) throws(OutpostError) { throw Self.missing }

    func move(_ path: String, to target: String) throws(OutpostError) { throw Self.missing }

    func makeLink(_ path: String, to target: String, isHard: Bool) throws(OutpostError) { throw Self.missing }

    func remove(_ path: String, isRecursive: Bool) throws(OutpostError) { throw Self.missing }

    func watch(_ path: String, isRecursive: Bool) throws(OutpostError) -> any PulledStream<[DirectoryChange]> {
        throw Self.missing
    }
}

/// Bytes that come in two parts.
private actor FakeBytes: ByteSource {
    private var parts: [[UInt8]]

    init(_ bytes: [UInt8]) {
        parts = [Array(bytes.prefix(bytes.count / 2)), Array(bytes.dropFirst(bytes.count / 2))].filter { !$0.isEmpty }
    }

    func next() -> [UInt8]? { parts.isEmpty ? nil : parts.removeFirst() }

    nonisolated func close() {}
}
