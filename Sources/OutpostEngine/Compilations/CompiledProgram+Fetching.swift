// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

extension CompiledProgram {
    /// The largest program that is kept, in bytes.
    static let largestProgram = 32 << 20

    /// Milliseconds that reading it may take.
    private static let patience = 5000

    /// What came of reading what a compiler made.
    enum Fetched {
        case program(CompiledProgram)
        /// There is no file with something in it; the text says what is there instead.
        case nothing(String)
        /// It is too large, or cannot be read in a few seconds.
        case unknown

        /// The program, if it was had.
        var program: CompiledProgram? { if case .program(let program) = self { program } else { nil } }
    }

    /// Reads what a compiler made.
    ///
    /// What is there is the client's: the compiler runs its options. A link is not followed, and a FIFO is not waited for; no
    /// more is read than could be kept.
    ///
    /// - Parameters:
    ///   - compiled: how the compiler ended.
    ///   - output: where it left the program.
    static func fetch(
        _ compiled: ProgramResult, from output: String, in handle: any RunningSandbox, logger: Logger
    ) async -> Fetched {
        do throws(OutpostError) {
            switch try await inTime({ () throws(OutpostError) in try await read(output, in: handle) }) {
            case .program(let bytes):
                return .program(
                    CompiledProgram(program: bytes, stdout: compiled.stdout, stderr: compiled.stderr))
            case .nothing(let reason): return .nothing(reason)
            case .tooLarge: return .unknown
            }
        } catch {
            guard [.internal, .unavailable, .unprocessable].contains(error.code) else { return .nothing(error.message) }
            logger.warning("a compiled program cannot be read", metadata: ["error": "\(error)"])
            return .unknown
        }
    }

    private enum Content {
        case program([UInt8])
        case nothing(String)
        case tooLarge
    }

    private static func read(_ path: String, in handle: any RunningSandbox) async throws(OutpostError) -> Content {
        let files = try await handle.files
        let information = try await files.information(at: path, followsLink: false)
        guard information.kind == .file else {
            return .nothing("\(path) is a \(information.kind.rawValue), not a file")
        }
        guard information.size > 0 else { return .nothing("\(path) is empty") }
        guard information.size <= largestProgram else { return .tooLarge }
        let content = try await files.read(path, from: 0, count: UInt64(largestProgram) + 1)
        defer { content.bytes.close() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(information.size))
        while let part = try await content.bytes.next() { bytes += part }
        return bytes.count <= largestProgram ? .program(bytes) : .tooLarge
    }

    /// What `body` returns, which is ended when it takes longer than `patience`.
    private static func inTime(
        _ body: @escaping @Sendable () async throws(OutpostError) -> Content
    ) async throws(OutpostError) -> Content {
        do {
            return try await withThrowingTaskGroup(of: Content?.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    try await Task.sleep(for: .milliseconds(patience))
                    return nil
                }
                defer { group.cancelAll() }
                guard let content = try await group.next(), let content else {
                    throw OutpostError(
                        .unavailable, "the server could not read the compiled program within \(patience) ms")
                }
                return content
            }
        } catch {
            throw error as? OutpostError ?? OutpostError(.unavailable, "the call was ended", cause: error)
        }
    }
}

extension ProgramSpec {
    /// The same in a sandbox that its compiler did not run in: with the files that were there for the compiler, and memory
    /// for a program of `size` bytes that is put where the compiler leaves it. What the compiler writes counts as the
    /// compiler's memory, and is not to take the program's.
    func following(_ compile: ProgramSpec, output: String, size: Int) -> ProgramSpec {
        var run = self
        run.files = compile.files.filter { $0.path != output }
        run.folder?.options.insert(.isNew)
        run.limits.memoryMiB += (size >> 20) + 1
        return run
    }
}
