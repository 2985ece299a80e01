// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostSandboxing

/// The files and the command of a warm Node.js.
enum NodeFiles {
    static let directory = "\(WarmStartFiles.directory)/node"

    /// The files that a warm Node.js loads before the program's main file, and a main file for the warm-up.
    static var warm: [SandboxFile] {
        [
            file("starter.cjs", outpost_node_starter), file("starter.node", outpost_node_addon),
            file("warming.cjs", outpost_node_warming),
            SandboxFile(
                path: "\(directory)/main.cjs",
                content: Array("require('fs'); exports.name = __filename;\n".utf8)),
            SandboxFile(path: blocking, content: Array(waitsForItsWrites.utf8)),
        ]
    }

    private static let blocking = "\(directory)/blocking.cjs"

    /// Makes the writes to both streams blocking. By default Node.js writes later what a stream does not accept at once
    /// (libuv, `uv__try_write`). Worker threads have other streams.
    private static let waitsForItsWrites = """
        'use strict';
        for (const name of ['stdout', 'stderr']) process[name]._handle?.setBlocking?.(true);

        """

    /// Returns the variables for a program whose writes are recorded in order. They also apply to every Node.js process
    /// that it starts.
    static func ordered(_ environment: [EnvironmentVariable]) -> [EnvironmentVariable] {
        let option = "--require=\(blocking)"
        var environment = environment
        guard let index = environment.lastIndex(where: { $0.name == "NODE_OPTIONS" }) else {
            return environment + [EnvironmentVariable(name: "NODE_OPTIONS", value: option)]
        }
        environment[index] = EnvironmentVariable(
            name: "NODE_OPTIONS", value: "\(environment[index].value) \(option)")
        return environment
    }

    /// Returns the command of a warm Node.js. The loaded files hide themselves from the program.
    static func program(_ key: InterpreterKey) -> ProgramSpec {
        var program = key.program
        program.arguments =
            program.arguments.prefix(1) + ["-r", "\(directory)/starter.cjs"] + program.arguments.dropFirst()
        program.environment =
            [.searchPath, .init(name: "OUTPOST_DIRECTORY", value: key.program.workingDirectory)] + program.environment
        // Node.js looks for a package in its start directory, and remembers a missing one.
        program.workingDirectory = "/"
        return program
    }

    private static func file(_ name: String, _ content: outpost_embedded) -> SandboxFile {
        SandboxFile(path: "\(directory)/\(name)", content: Array(content.bytes))
    }
}

extension EnvironmentVariable {
    /// The PATH of a warm interpreter. The program's own PATH replaces it.
    static let searchPath = EnvironmentVariable(name: "PATH", value: "/usr/local/bin:/usr/bin:/bin")
}
