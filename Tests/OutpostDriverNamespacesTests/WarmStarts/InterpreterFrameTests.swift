// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// The ends of the agent protocol that are Python and JavaScript take and say exactly the bytes that it has.
struct InterpreterFrameTests {
    /// An interpreter that waits, with what holds it: the files that every image has.
    struct Interpreter: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let files: [SandboxFile]
        /// Prints its arguments, a variable, and the file that its last argument names.
        let main: (name: String, code: String)
        /// Its command and its variables, by the folder that the test works in.
        let command: @Sendable (_ place: String) -> [String]
        let environment: @Sendable (_ place: String) -> [String]
    }

    private static let python = Interpreter(
        testDescription: "python", files: PythonFiles.warm,
        main: ("main.py", "import os, sys; print(sys.argv[1:], os.environ['B'], open(sys.argv[2]).read())")
    ) { place in
        ["python3", "\(place)/main.py"]
    } environment: { place in
        ["PYTHONPATH=\(place)", "PYTHONDONTWRITEBYTECODE=1", "PYTHONNOUSERSITE=1"]
    }

    private static let node = Interpreter(
        testDescription: "node", files: NodeFiles.warm,
        main: (
            "main.js",
            "console.log(process.argv.slice(2), process.env.B, require('fs').readFileSync(process.argv[3], 'utf8'))"
        )
    ) { place in
        ["node", "-r", "\(place)/starter.cjs", "\(place)/main.js"]
    } environment: { place in
        ["OUTPOST_DIRECTORY=\(place)"]
    }

    /// `waiting`; then `job` with two arguments, one variable, and one step: the file `a` of `x` with mode 0600.
    @Test(arguments: [python, node])
    func aJobIsTakenAsItIsWritten(interpreter: Interpreter) throws {
        let waiting = try WaitingProcess(interpreter)
        defer { waiting.end() }
        #expect(try waiting.answer(9) == [0, 0, 0, 0, 38, 0, 0, 0, 0])
        let file = "\(waiting.place)/a"
        let path = Array(file.utf8)
        let steps = PackedSteps.encode([[.writeFile(file, [0x78], mode: 0o600)]])
        // Short texts only, so that every length is one byte.
        let payload: [UInt8] =
            [2, 0, 0, 0, 1, 0, 0, 0, 0x79] + [UInt8(path.count), 0, 0, 0] + path  // two arguments: "y" and the path
            + [1, 0, 0, 0, 3, 0, 0, 0, 0x42, 0x3d, 0x63]  // one variable: "B=c"
            + [UInt8(steps.count), 0, 0, 0] + steps
        let frame = [UInt8(payload.count & 0xff), UInt8(payload.count >> 8), 0, 0, 23, 0, 0, 0, 0] + payload
        try waiting.send(frame)
        #expect(try waiting.output().filter { !" '[],\n".contains($0) } == "y\(file)cx")
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        // The same bytes as those that the server sends.
        #expect(InterpreterJob(arguments: ["y", file], environment: ["B=c"], steps: steps).frame.encoded == frame)
    }

    /// `jobRefused` with the step's position and errno: here ENOTDIR, for the second of two.
    @Test(arguments: [python, node])
    func aStepThatFailsIsToldByPositionAndNumber(interpreter: Interpreter) throws {
        let waiting = try WaitingProcess(interpreter)
        defer { waiting.end() }
        #expect(try waiting.answer(9) == InterpreterAnswer.waiting.frame.encoded)
        let steps: [ChildStep] = [
            .writeFile("\(waiting.place)/a", [], mode: 0o600), .writeFile("/dev/null/b", [], mode: 0o600),
        ]
        let job = InterpreterJob(arguments: [], environment: [], steps: PackedSteps.encode([steps]))
        try waiting.send(job.frame.encoded)
        #expect(try waiting.answer(17) == [8, 0, 0, 0, 39, 0, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0])
        #expect(try waiting.output().isEmpty)
        #expect(try waiting.exit() == .code(127))
    }

    /// The folder of a run has links to what lies beside its source, and is not written to.
    @Test(arguments: [python, node])
    func theFolderOfARunIsMadeAsForAProgramThatDidNotWait(interpreter: Interpreter) throws {
        let waiting = try WaitingProcess(interpreter)
        defer { waiting.end() }
        #expect(try waiting.answer(9) == InterpreterAnswer.waiting.frame.encoded)
        let root = "\(waiting.place)/own"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
        try "".write(toFile: "\(root)/left", atomically: false, encoding: .utf8)
        let folder = RunFolder(root: root, workingDirectory: waiting.place, options: .isNew)
        let source = "\(folder.source)/code"
        let steps = [.moveAside(root), .writeFile(source, [0x78], mode: 0o644)] + folder.furnishing
        let job = InterpreterJob(
            arguments: ["y", source], environment: ["B=c"], steps: PackedSteps.encode([steps]))
        try waiting.send(job.frame.encoded)
        #expect(try waiting.output().filter { !" '[],\n".contains($0) } == "y\(source)cx")
        let main = "\(waiting.place)/\(interpreter.main.name)"
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: "\(root)\(main)") == main)
        #expect(!FileManager.default.fileExists(atPath: "\(root)/left"))
        #expect(try FileManager.default.attributesOfItem(atPath: root)[.posixPermissions] as? Int == 0o555)
    }

    @Test(arguments: [python, node])
    func whatIsNoJobIsNotRun(interpreter: Interpreter) throws {
        let waiting = try WaitingProcess(interpreter)
        defer { waiting.end() }
        #expect(try waiting.answer(9) == InterpreterAnswer.waiting.frame.encoded)
        try waiting.send(Frame(type: 17, subject: 0, payload: Array(repeating: 0, count: 20)).encoded)
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

    init(_ interpreter: InterpreterFrameTests.Interpreter) throws {
        place = "/tmp/outpost-frames-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        for file in interpreter.files {
            let name = file.path.split(separator: "/").last.map(String.init) ?? ""
            try Data(file.content).write(to: URL(filePath: "\(place)/\(name)"))
        }
        let main = interpreter.main
        try main.code.write(toFile: "\(place)/\(main.name)", atomically: false, encoding: .utf8)
        let (job, answers, output) = (try Descriptor.pipe(), try Descriptor.pipe(), try Descriptor.pipe())
        let failures = try Descriptor.pipe()
        child = try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [
                .duplicate(job.read.number, to: 1003), .duplicate(answers.write.number, to: 1004),
                .duplicate(output.write.number, to: 1), .duplicate(1003, to: 3), .duplicate(1004, to: 4), .closeFrom(5),
                .execute(
                    interpreter.command(place)[0], searchPath: "/usr/bin:/bin", arguments: interpreter.command(place),
                    environment: ["PATH=/usr/bin:/bin"] + interpreter.environment(place)),
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

    /// How it ended.
    func exit() throws -> ChildProcess.Exit { try child.wait() }

    func end() {
        try? child.signal(SignalNumber.kill)
        _ = try? child.wait()
        try? FileManager.default.removeItem(atPath: place)
    }
}
