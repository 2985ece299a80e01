// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostDrivers

/// How Node.js is started to wait.
enum NodeFiles {
    private static let path = "/tmp/.outpost/starter.cjs"

    /// The program with what it loads first, which removes itself.
    static func program(_ start: StartingPoint) -> ProgramSpec {
        var program = start.program
        program.arguments = program.arguments.prefix(1) + ["-r", path] + program.arguments.dropFirst()
        program.environment.insert(.searchPath, at: 0)
        let starter = UnsafeRawBufferPointer(start: outpost_node_starter_start(), count: outpost_node_starter_size)
        program.files = [SandboxFile(path: path, content: Array(starter))]
        return program
    }
}

extension EnvironmentVariable {
    /// Where an interpreter that waits finds its programs; the run's own takes its place.
    static let searchPath = EnvironmentVariable(name: "PATH", value: "/usr/local/bin:/usr/bin:/bin")
}
