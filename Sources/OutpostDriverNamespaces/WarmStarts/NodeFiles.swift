// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostSandboxing

/// How Node.js is started to wait.
enum NodeFiles {
    static let directory = "\(WarmStartFiles.directory)/node"

    /// What it loads before its main file, and a main file to be warm with.
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

    /// Node.js does not wait for its streams, and keeps for later what they do not take at once (libuv, `uv__try_write`). It
    /// has other streams on its other threads.
    private static let waitsForItsWrites = """
        'use strict';
        for (const name of ['stdout', 'stderr']) process[name]._handle?.setBlocking?.(true);

        """

    /// The variables of a program whose writes come in its order, also those of Node.js that it starts.
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

    /// The program with what it loads first, which hides itself.
    static func program(_ key: InterpreterKey) -> ProgramSpec {
        var program = key.program
        program.arguments =
            program.arguments.prefix(1) + ["-r", "\(directory)/starter.cjs"] + program.arguments.dropFirst()
        program.environment =
            [.searchPath, .init(name: "OUTPOST_DIRECTORY", value: key.program.workingDirectory)] + program.environment
        // Node.js looks for a package in the directory that it is started in, and remembers when there was none.
        program.workingDirectory = "/"
        return program
    }

    private static func file(_ name: String, _ content: outpost_embedded) -> SandboxFile {
        SandboxFile(path: "\(directory)/\(name)", content: Array(content.bytes))
    }
}

extension EnvironmentVariable {
    /// Where an interpreter that waits finds its programs; the run's own takes its place.
    static let searchPath = EnvironmentVariable(name: "PATH", value: "/usr/local/bin:/usr/bin:/bin")
}
