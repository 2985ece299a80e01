// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostDrivers

/// What a template of Python's is given besides Python itself.
enum PythonFiles {
    /// - Parameter directory: one that Python looks through for path configuration files when it starts.
    static func all(in directory: String) -> [SandboxFile] {
        [
            SandboxFile(path: "\(directory)/_outpost_starter.py", content: starter),
            SandboxFile(path: "\(directory)/_outpost_fork.so", content: fork),
            // The last by name, so that what else is configured is there before the interpreter waits.
            SandboxFile(
                path: "\(directory)/zzz-outpost.pth",
                content: Array("import _outpost_starter; _outpost_starter.start()\n".utf8)),
        ]
    }

    static let directory = "\(StarterFiles.directory)/python"

    /// What an interpreter finds that waits in its own sandbox: `sitecustomize` is imported after everything that a program
    /// finds, and makes way for the image's own.
    static var ahead: [SandboxFile] {
        [
            SandboxFile(path: "\(directory)/_outpost_starter.py", content: starter),
            SandboxFile(path: "\(directory)/sitecustomize.py", content: Array(customization.utf8)),
        ]
    }

    /// The program, waiting in its own sandbox.
    static func program(_ start: StartingPoint) -> ProgramSpec {
        var program = start.program
        program.environment =
            [
                .searchPath, .init(name: "PYTHONPATH", value: directory),
                // Without a home of its own: the packages in the user's are code that runs when they are found.
                .init(name: "HOME", value: directory),
            ] + program.environment
        return program
    }

    private static let customization = """
        import sys, _outpost_starter
        _outpost_starter.start_ahead()
        del sys.modules["sitecustomize"]
        import sitecustomize

        """

    private static var starter: [UInt8] {
        Array(UnsafeRawBufferPointer(start: outpost_python_starter_start(), count: outpost_python_starter_size))
    }

    private static var fork: [UInt8] {
        Array(UnsafeRawBufferPointer(start: outpost_python_fork_start(), count: outpost_python_fork_size))
    }

    /// Prints the directory.
    static let probe = "import os, site; print([d for d in site.getsitepackages() if os.path.isdir(d)][-1])"
}
