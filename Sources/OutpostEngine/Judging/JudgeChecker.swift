// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// A checker or interactor: a program of the judge that decides whether an answer is right.
///
/// Its arguments and exit codes are those of testlib.h (`registerTestlibCmd`, `_ok`, `_wa`, `_pe`), and so programs
/// written with testlib.h work. The arguments are the paths of input, output and answer. Exit code 0 means a right
/// answer, 1 a wrong one, 2 one that cannot be read. Every other code is a failure of the checker.
struct JudgeChecker {
    let role: JudgeRole
    let program: JudgedProgram
    /// The description of the checker's sandboxes.
    let sandbox: Sandbox

    /// The folder for the checker's input files. It is outside of the folder with the checker's code.
    static let directory = "/tmp/judge"

    /// Returns the request that runs a judge's program.
    static func request(_ program: JudgeProgram) -> ExecutionRequest {
        ExecutionRequest(program: .code(program.code, language: program.language), files: program.files)
    }

    /// Returns the description of the checker's sandboxes. They have the namespace and the isolation of the program's
    /// sandbox, and nothing else that the client asked for.
    static func sandbox(like sandbox: Sandbox, policy: LimitPolicy) -> Sandbox {
        var sandbox = sandbox
        sandbox.mode = .ephemeral
        sandbox.limits = policy.defaults.bounded(by: policy.maxima)
        sandbox.environment = []
        sandbox.workingDirectory = RunPlan.defaultDirectory
        sandbox.security = SandboxSecurity(isolation: sandbox.security.isolation)
        return sandbox
    }

    /// Returns the run that checks one answer.
    func plan(of test: JudgeTest, answer: [UInt8]) -> RunPlan {
        plan(of: test, files: [("output", answer)])
    }

    /// Returns a run of the checker.
    ///
    /// - Parameter files: further files besides the input and the expected answer.
    private func plan(of test: JudgeTest, files: [(name: String, content: [UInt8])]) -> RunPlan {
        let known = [("input", test.stdin), ("answer", Array((test.expectedStdout ?? "").utf8))]
        return program.plan(
            arguments: ["input", "output", "answer"].map { "\(Self.directory)/\($0)" },
            files: (known + files).map { SandboxFile(path: "\(Self.directory)/\($0.0)", content: $0.1) })
    }

    /// Returns the run that talks with the program in one test. testlib.h (`registerInteraction`) lets an interactor
    /// write the second file. Nothing reads it.
    ///
    /// - Parameters:
    ///   - milliseconds: the longest time that the program may run. The interactor may run longer by its own time
    ///     limit.
    ///   - most: the longest time that any program may run on this server, in milliseconds.
    func plan(of test: JudgeTest, outlasting milliseconds: Int, most: Int, _ pipes: ProgramPipes) -> RunPlan {
        var plan = plan(of: test, files: [])
        plan.run.pipes = pipes
        plan.run.limits.timeoutMilliseconds = min(most, plan.run.limits.timeoutMilliseconds + milliseconds)
        return plan
    }
}

extension Verdict {
    /// Returns the verdict of a checker. Nil when it has none, because it was cancelled or the platform failed.
    init?(checker: Execution) {
        switch checker.status {
        case .succeeded: self = .accepted
        case .failed where checker.exitCode == 1 || checker.exitCode == 2: self = .wrongAnswer
        case .failed, .timedOut, .outOfMemory, .diskFull, .compileFailed, .depsFailed: self = .judgeError
        case .cancelled, .sandboxError: return nil
        }
    }
}

extension Execution {
    /// Returns the checker's message to an answer. With the verdict `judgeError` it also says how the checker ended.
    func message(of role: JudgeRole, _ verdict: Verdict) -> String? {
        let words = stderr.bytes.isEmpty ? stdout.bytes : stderr.bytes
        let text = String(decoding: words.prefix(Self.mostWords), as: UTF8.self)
        let said = text.isEmpty ? nil : text
        guard verdict == .judgeError else { return said }
        return ["the \(role.rawValue) \(checkerEnd)", said].compactMap(\.self).joined(separator: ": ")
    }

    /// How a checker or interactor ended, as the end of a sentence.
    var checkerEnd: String {
        switch status {
        case .timedOut: "ran out of time"
        case .outOfMemory: "ran out of memory"
        case .diskFull: "filled its disk"
        case .compileFailed: "does not compile"
        default: signal.map { "was ended by \($0)" } ?? "ended with exit code \(exitCode ?? 0)"
        }
    }

    private static let mostWords = 1000
}
