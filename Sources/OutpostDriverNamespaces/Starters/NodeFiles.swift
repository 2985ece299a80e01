// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostDrivers

/// How Node.js is started to wait.
enum NodeFiles {
    static let directory = "\(StarterFiles.directory)/node"

    /// What it loads before its main file, and a main file to be warm with.
    static var ahead: [SandboxFile] {
        [
            file("starter.cjs", outpost_node_starter_start(), outpost_node_starter_size),
            file("warming.cjs", outpost_node_warming_start(), outpost_node_warming_size),
            SandboxFile(
                path: "\(directory)/main.cjs",
                content: Array("require('fs'); exports.name = __filename;\n".utf8)),
        ]
    }

    /// The program with what it loads first, which hides itself.
    static func program(_ start: StartingPoint) -> ProgramSpec {
        var program = start.program
        program.arguments =
            program.arguments.prefix(1) + ["-r", "\(directory)/starter.cjs"] + program.arguments.dropFirst()
        program.environment =
            [.searchPath, .init(name: "OUTPOST_DIRECTORY", value: start.program.workingDirectory)] + program.environment
        // Node.js looks for a package in the directory that it is started in, and remembers when there was none.
        program.workingDirectory = "/"
        return program
    }

    private static func file(_ name: String, _ start: UnsafeRawPointer, _ size: Int) -> SandboxFile {
        SandboxFile(path: "\(directory)/\(name)", content: Array(UnsafeRawBufferPointer(start: start, count: size)))
    }
}

extension EnvironmentVariable {
    /// Where an interpreter that waits finds its programs; the run's own takes its place.
    static let searchPath = EnvironmentVariable(name: "PATH", value: "/usr/local/bin:/usr/bin:/bin")
}
