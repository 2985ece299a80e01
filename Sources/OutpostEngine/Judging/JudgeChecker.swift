// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// A judge's own program, which says whether an answer is right.
///
/// Its arguments and exit codes are those of testlib.h (`registerTestlibCmd`, `_ok`, `_wa`, `_pe`), so that checkers which
/// were written with it work: paths of input, output and answer; 0 for a right answer, 1 for a wrong one, 2 for one that
/// cannot be read, all others for a failure of the checker's own.
struct JudgeChecker {
    let role: JudgeRole
    let program: JudgedProgram
    /// Describes the sandboxes that it runs in.
    let sandbox: Sandbox

    /// Where the checker finds what it compares, outside of the folder that it is in itself.
    static let directory = "/tmp/judge"

    /// What is to be run as a judge's own program.
    static func request(_ program: JudgeProgram) -> ExecutionRequest {
        ExecutionRequest(program: .code(program.code, language: program.language), files: program.files)
    }

    /// Sandboxes that have nothing of what the client asked for its program, since that is another's.
    static func sandbox(like sandbox: Sandbox, policy: LimitPolicy) -> Sandbox {
        var sandbox = sandbox
        sandbox.mode = .ephemeral
        sandbox.limits = policy.defaults.bounded(by: policy.maxima)
        sandbox.environment = []
        sandbox.workingDirectory = RunPlan.defaultDirectory
        sandbox.security = SandboxSecurity(isolation: sandbox.security.isolation)
        return sandbox
    }

    /// The run that checks one answer.
    func plan(of test: JudgeTest, answer: [UInt8]) -> RunPlan {
        plan(of: test, files: [("output", answer)])
    }

    /// - Parameter files: those that are there besides the input and what was expected.
    private func plan(of test: JudgeTest, files: [(name: String, content: [UInt8])]) -> RunPlan {
        let known = [("input", test.stdin), ("answer", Array((test.expectedStdout ?? "").utf8))]
        return program.plan(
            arguments: ["input", "output", "answer"].map { "\(Self.directory)/\($0)" },
            files: (known + files).map { SandboxFile(path: "\(Self.directory)/\($0.0)", content: $0.1) })
    }

    /// The run that talks with the program in one test. It may write the second of its files (testlib.h,
    /// `registerInteraction`), which nobody reads.
    ///
    /// - Parameter milliseconds: the longest that the program may take.
    func plan(of test: JudgeTest, outlasting milliseconds: Int, most: Int, _ pipes: ProgramPipes) -> RunPlan {
        var plan = plan(of: test, files: [])
        plan.run.pipes = pipes
        plan.run.limits.timeoutMilliseconds = min(most, plan.run.limits.timeoutMilliseconds + milliseconds)
        return plan
    }
}

extension Verdict {
    /// What a checker says of an answer; nil when it says nothing, because it was cancelled or the platform failed.
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
    /// What a checker said of an answer, and how it ended if that was not for it to say.
    func message(of role: JudgeRole, _ verdict: Verdict) -> String? {
        let words = stderr.bytes.isEmpty ? stdout.bytes : stderr.bytes
        let text = String(decoding: words.prefix(Self.mostWords), as: UTF8.self)
        let said = text.isEmpty ? nil : text
        guard verdict == .judgeError else { return said }
        return ["the \(role.rawValue) \(checkerEnd)", said].compactMap(\.self).joined(separator: ": ")
    }

    private var checkerEnd: String {
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
