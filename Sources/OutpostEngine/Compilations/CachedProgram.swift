// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// A compiled program in the cache, as a part of an open file.
struct CachedProgram: Sendable {
    /// An entry without the bytes of its program.
    struct Metadata: Hashable, Sendable {
        var stdout: CapturedOutput
        var stderr: CapturedOutput
        /// Position and size of the program in the file, in bytes.
        var offset: Int
        var size: Int
    }

    let file: any OpenFile
    let metadata: Metadata

    /// The compile result for a run that uses the cached program: the first compiler's messages, and no duration.
    var result: CompileResult {
        CompileResult(
            stdout: metadata.stdout, stderr: metadata.stderr, exitCode: 0, durationMilliseconds: 0, cached: true)
    }

    /// Returns the program as an executable file at this absolute path of a sandbox.
    func region(at path: String) -> FileRegion {
        FileRegion(path: path, isExecutable: true, source: file, offset: metadata.offset, size: metadata.size)
    }
}

extension CompiledProgram {
    /// The metadata of this program in its encoded form.
    var metadata: CachedProgram.Metadata {
        CachedProgram.Metadata(stdout: stdout, stderr: stderr, offset: encodedSize - program.count, size: program.count)
    }
}
