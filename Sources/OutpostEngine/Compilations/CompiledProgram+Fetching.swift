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
    /// What is there is the client's: the compiler runs its options. A link is not followed, and a FIFO is not waited for
    /// (O_NOFOLLOW and O_NONBLOCK in open(2)); no more is read than could be kept.
    ///
    /// - Parameters:
    ///   - compiled: how the compiler ended.
    ///   - output: where it left the program.
    ///   - compile: what was run; the program is read within the same filters and limits, but for a shorter time.
    static func fetch(
        _ compiled: ProgramResult, from output: String, in handle: any RunningSandbox, like compile: ProgramSpec,
        logger: Logger
    ) async -> Fetched {
        var reader = compile
        reader.arguments = [
            "/bin/dd", "if=\(output)", "iflag=nofollow,nonblock,fullblock", "bs=1M",
            "count=\(largestProgram >> 20 + 1)", "status=none",
        ]
        reader.environment = []
        reader.files = []
        reader.folder = nil
        reader.limits.maxOutputBytes = largestProgram
        reader.limits.timeoutMilliseconds = min(patience, reader.limits.timeoutMilliseconds)
        do throws(OutpostError) {
            let result = try await handle.run(reader)
            guard result.cause == nil, !result.stdout.isTruncated else { return .unknown }
            guard result.end == .exited(0), !result.stdout.bytes.isEmpty else {
                return .nothing(Self.reason(result))
            }
            return .program(
                CompiledProgram(program: result.stdout.bytes, stdout: compiled.stdout, stderr: compiled.stderr))
        } catch {
            logger.warning("a compiled program cannot be read", metadata: ["error": "\(error)"])
            return .unknown
        }
    }

    private static func reason(_ result: ProgramResult) -> String {
        guard result.end != .exited(0) else { return "it is empty" }
        return String(decoding: result.stderr.bytes.prefix(300), as: UTF8.self).split(separator: "\n").first.map {
            String($0)
        } ?? "it cannot be read"
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
