// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

extension CompiledProgram {
    /// The largest program that is cached, in bytes.
    static let largestProgram = 32 << 20

    /// The time limit for reading a program, in milliseconds.
    private static let patience = 5000

    /// The result of reading a compiled program.
    enum Fetched {
        case program(CompiledProgram)
        /// There is no file, or it is empty. The text is the reason.
        case nothing(String)
        /// The file is too large, or cannot be read within the time limit.
        case unknown

        /// The program, or nil in the other cases.
        var program: CompiledProgram? { if case .program(let program) = self { program } else { nil } }
    }

    /// Reads the program that a compiler made.
    ///
    /// The client controls this path, because the compiler runs with the client's options. This does not follow a link,
    /// does not wait for a FIFO, and reads at most one byte more than `largestProgram`.
    ///
    /// - Parameters:
    ///   - compiled: the result of the compiler.
    ///   - output: absolute path of the compiled program in the sandbox.
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

    /// Returns the result of `body`. Cancels `body` when it takes longer than `patience`.
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
            throw error as? OutpostError ?? OutpostError(.unavailable, "the call was cancelled", cause: error)
        }
    }
}

extension ProgramSpec {
    /// Returns this run for a sandbox in which the compiler did not run. The run gets the compiler's files, and extra
    /// memory for a program of `size` bytes at `output`: files in a sandbox count as memory, and this file must not
    /// reduce the memory of the program.
    func following(_ compile: ProgramSpec, output: String, size: Int) -> ProgramSpec {
        var run = self
        run.files = compile.files.filter { $0.path != output }
        run.folder?.options.insert(.isNew)
        run.limits.memoryMiB += (size >> 20) + 1
        return run
    }
}
