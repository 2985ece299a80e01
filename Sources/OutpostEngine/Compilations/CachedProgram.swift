// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// A program that was compiled before, where it is kept.
struct CachedProgram: Sendable {
    /// What is known of an entry besides its file.
    struct Metadata: Hashable, Sendable {
        var stdout: CapturedOutput
        var stderr: CapturedOutput
        /// Where the program begins in the file, and its size, in bytes.
        var offset: Int
        var size: Int
    }

    let file: any OpenFile
    let metadata: Metadata

    /// The compile step of a run that did not have to compile.
    var result: CompileResult {
        CompileResult(
            stdout: metadata.stdout, stderr: metadata.stderr, exitCode: 0, durationMilliseconds: 0, cached: true)
    }

    func region(at path: String) -> FileRegion {
        FileRegion(path: path, isExecutable: true, source: file, offset: metadata.offset, size: metadata.size)
    }
}

extension CompiledProgram {
    /// What is known of it where it is kept.
    var metadata: CachedProgram.Metadata {
        CachedProgram.Metadata(stdout: stdout, stderr: stderr, offset: encodedSize - program.count, size: program.count)
    }
}
