// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A program that another has written, which tests compare ours with.
struct ExternalProgram {
    /// A program that did not end as it must.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Seconds after which it is killed. Only a hang takes so long.
    private static let patience = 120

    /// Runs the program to its end. Its output goes to files, so that no pipe can be full and hold it up.
    ///
    /// - Throws: `Failure` unless it ends with one of `statuses`.
    static func run(_ arguments: [String], in directory: URL, statuses: Set<Int32> = [0]) throws -> Data {
        let output = try OutputFile(in: directory), complaints = try OutputFile(in: directory)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["--kill-after=5", "\(patience)"] + arguments
        process.currentDirectoryURL = directory
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.handle
        process.standardError = complaints.handle
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: try complaints.content(), as: UTF8.self)
        guard process.terminationReason == .exit, statuses.contains(process.terminationStatus) else {
            throw Failure(description: "\(arguments) ended with \(process.terminationStatus): \(text.prefix(2000))")
        }
        return try output.content()
    }

    /// Runs a script that lies beside this file.
    static func script(_ name: String, _ arguments: [String], in directory: URL) throws -> Data {
        let scripts = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scripts")
        return try run(["/usr/bin/python3", scripts.appending(path: name).path()] + arguments, in: directory)
    }
}

/// A new file for what a program writes.
private struct OutputFile {
    private let url: URL
    let handle: FileHandle

    init(in directory: URL) throws {
        url = directory.appending(path: "output-\(UUID().uuidString)")
        try Data().write(to: url)
        handle = try FileHandle(forWritingTo: url)
    }

    /// What was written; the file is gone then.
    func content() throws -> Data {
        try handle.close()
        defer { try? FileManager.default.removeItem(at: url) }
        return try Data(contentsOf: url)
    }
}

/// Does `body` with a new directory, which is gone afterwards.
func withTemporaryDirectory<Value>(_ body: (URL) throws -> Value) throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appending(path: "outpost-tar-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory)
}
