// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import Testing

/// Runs `body` with a folder that holds `files`, which goes away afterwards.
func withFolder(of files: [String: String], _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("outpost-lang-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    for (name, content) in files {
        try Data(content.utf8).write(to: folder.appendingPathComponent(name))
    }
    try body(folder.path)
}

/// The manifest of a language `x`, with `lines` in place of or after its own.
func manifest(file: String = "file: main.x", run: String = "run: [/usr/bin/x, \"{file}\"]", _ lines: String...)
    -> String
{
    let detect = "detect: {program: /usr/bin/x, version: [/usr/bin/x, -v], install: apt-get install x}"
    return (["name: x", file, run, detect] + lines).joined(separator: "\n")
}
