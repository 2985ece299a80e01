// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

/// The ends of the agent protocol that are not Swift take and say exactly the bytes that it has.
struct InterpreterFrameTests {
    /// An interpreter that waits, with the script that holds it.
    struct Interpreter: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Its command, by the folder of the project's sources and the one that the test works in.
        let command: @Sendable (_ sources: String, _ place: String) -> [String]
        let environment: @Sendable (_ sources: String, _ place: String) -> [String]
    }

    private static let python = Interpreter(testDescription: "python") { _, _ in
        [
            "python3", "-c",
            "import os, sys, _outpost_starter as s; s._wait(4); print(sys.argv[1:], os.environ['B'], open(sys.argv[2]).read())",
        ]
    } environment: { sources, _ in
        ["PATH=/usr/bin:/bin", "PYTHONPATH=\(sources)/PythonStarter", "PYTHONDONTWRITEBYTECODE=1"]
    }

    private static let node = Interpreter(testDescription: "node") { _, place in
        ["node", "-r", "\(place)/starter.cjs", "\(place)/main.js"]
    } environment: { _, place in
        ["PATH=/usr/bin:/bin", "OUTPOST_DIRECTORY=\(place)"]
    }

    private static var sources: String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources").standardized.path
    }

    /// `waiting`; then `job` with two arguments, one variable, no folder, and the file `a` of `x` with mode 0600.
    @Test(arguments: [python, node])
    func aJobIsTakenAsItIsWritten(interpreter: Interpreter) throws {
        let waiting = try WaitingProcess(interpreter, sources: Self.sources)
        defer { waiting.end() }
        #expect(try waiting.answer(9) == [0, 0, 0, 0, 38, 0, 0, 0, 0])
        let file = "\(waiting.place)/a"
        let path = Array(file.utf8)
        let count = UInt8(path.count)
        // Short texts only, so that every length is one byte.
        let payload: [UInt8] =
            [2, 0, 0, 0, 1, 0, 0, 0, 0x79] + [count, 0, 0, 0] + path  // two arguments: "y" and the path
            + [1, 0, 0, 0, 3, 0, 0, 0, 0x42, 0x3d, 0x63]  // one variable: "B=c"
            + [0, 0, 0, 0]  // no folder
            + [1, 0, 0, 0] + [count, 0, 0, 0] + path + [1, 0, 0, 0, 0x78] + [0x80, 1, 0, 0]  // one file
        try waiting.send([UInt8(payload.count), 0, 0, 0, 23, 0, 0, 0, 0] + payload)
        #expect(try waiting.output().filter { !" '[],\n".contains($0) } == "y\(file)cx")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        // The same bytes as those that the server sends.
        let job = InterpreterJob(
            arguments: ["y", file], environment: ["B=c"], folder: nil,
            files: [SandboxFile(path: file, content: [0x78], mode: 0o600)])
        #expect(job.frame.encoded == [UInt8(payload.count), 0, 0, 0, 23, 0, 0, 0, 0] + payload)
    }

    /// `jobRefused` with the file's position and errno: here ENOTDIR, for the second of two.
    @Test(arguments: [python, node])
    func aFileThatCannotBeWrittenIsToldByPositionAndNumber(interpreter: Interpreter) throws {
        let waiting = try WaitingProcess(interpreter, sources: Self.sources)
        defer { waiting.end() }
        #expect(try waiting.answer(9) == InterpreterAnswer.waiting.frame.encoded)
        let job = InterpreterJob(
            arguments: [], environment: [], folder: nil,
            files: [
                SandboxFile(path: "\(waiting.place)/a", content: [], mode: 0o600),
                SandboxFile(path: "/dev/null/b", content: [], mode: 0o600),
            ])
        try waiting.send(job.frame.encoded)
        #expect(try waiting.answer(17) == [8, 0, 0, 0, 39, 0, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0])
    }

    @Test(arguments: [python, node])
    func whatIsNoJobIsNotRun(interpreter: Interpreter) throws {
        let waiting = try WaitingProcess(interpreter, sources: Self.sources)
        defer { waiting.end() }
        #expect(try waiting.answer(9) == InterpreterAnswer.waiting.frame.encoded)
        try waiting.send(Frame(type: 17, subject: 0, payload: Array(repeating: 0, count: 16)).encoded)
        #expect(try waiting.output().isEmpty)
    }
}

/// An interpreter on the host, held by its starter, and the server's ends of what it is connected by.
private struct WaitingProcess {
    let place: String
    private let child: ChildProcess
    private let job: Descriptor
    private let answers: Descriptor
    private let streams: Descriptor

    init(_ interpreter: InterpreterFrameTests.Interpreter, sources: String) throws {
        place = "/tmp/outpost-frames-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        let main =
            "console.log(process.argv.slice(2), process.env.B, require('fs').readFileSync(process.argv[3], 'utf8'))"
        for name in ["starter.cjs", "warming.cjs"] {
            try FileManager.default.copyItem(atPath: "\(sources)/NodeStarter/\(name)", toPath: "\(place)/\(name)")
        }
        // What the interpreter runs to warm up.
        try "".write(toFile: "\(place)/main.cjs", atomically: false, encoding: .utf8)
        try main.write(toFile: "\(place)/main.js", atomically: false, encoding: .utf8)
        let (job, answers, output) = (try Descriptor.pipe(), try Descriptor.pipe(), try Descriptor.pipe())
        let failures = try Descriptor.pipe()
        child = try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [
                .duplicate(job.read.number, to: 1003), .duplicate(answers.write.number, to: 1004),
                .duplicate(output.write.number, to: 1), .duplicate(1003, to: 3), .duplicate(1004, to: 4), .closeFrom(5),
                .execute(
                    interpreter.command(sources, place)[0], searchPath: "/usr/bin:/bin",
                    arguments: interpreter.command(sources, place), environment: interpreter.environment(sources, place)
                ),
            ])
        for end in [job.read, answers.write, output.write] { end.closeNow() }
        (self.job, self.answers, streams) = (job.write, answers.read, output.read)
    }

    /// So many bytes that it says.
    func answer(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var buffer = [UInt8](repeating: 0, count: count - bytes.count)
            guard let got = try answers.read(into: &buffer), got > 0 else { break }
            bytes += buffer[..<got]
        }
        return bytes
    }

    func send(_ bytes: [UInt8]) throws { try job.writeAll(bytes) }

    /// What its program writes, until it ends.
    func output() throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while let count = try streams.read(into: &buffer), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    func end() {
        try? child.signal(SignalNumber.kill)
        _ = try? child.wait()
        try? FileManager.default.removeItem(atPath: place)
    }
}
