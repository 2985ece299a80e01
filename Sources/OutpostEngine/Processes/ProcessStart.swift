// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLanguages
import OutpostSandboxing

/// Plans the start of a process.
struct ProcessStart {
    private let request: ProcessRequest
    private let languages: LanguageInventory
    private let policy: LimitPolicy
    private let driver: any SandboxDriver

    init(_ request: ProcessRequest, languages: LanguageInventory, policy: LimitPolicy, driver: any SandboxDriver) {
        self.request = request
        self.languages = languages
        self.policy = policy
        self.driver = driver
    }

    /// Makes the plan. The code is in a folder of its own, because runs and other processes are beside it.
    ///
    /// - Throws: `conflict` for an ephemeral sandbox; `unprocessable` without terminals; the errors of `RunPlan`.
    func plan(in sandbox: Sandbox) throws(OutpostError) -> RunPlan {
        try sandbox.checkStateful()
        guard request.terminal == nil || driver.capabilities.features.contains(.terminals) else {
            throw .parameter(
                .unprocessable, .given("tty"), "is not available with the isolation \(driver.capabilities.isolation)")
        }
        var plan = try RunPlan(run, id: ExecutionID(), in: sandbox, languages: languages, policy: policy)
        plan.run.warm = nil
        plan.run.terminal = request.terminal
        plan.run.isInputOpen = request.takesInput || request.terminal != nil
        plan.run.isTimed = request.timeoutMilliseconds != nil
        if let limit = request.timeoutMilliseconds { plan.run.limits.timeoutMilliseconds = limit }
        return plan
    }

    /// The request as that of a run. The time limit of a process is not that of a run.
    private var run: ExecutionRequest {
        var limits = request.limits
        limits.timeoutMilliseconds = nil
        let terminal = request.terminal.map { _ in [EnvironmentVariable(name: "TERM", value: Self.terminalType)] } ?? []
        return ExecutionRequest(
            program: request.program, limits: limits, arguments: request.arguments,
            environment: terminal + request.environment, workingDirectory: request.workingDirectory, concurrent: true)
    }

    /// The type of terminal that most terminal programs understand (terminfo(5)).
    private static let terminalType = "xterm-256color"

    /// Checks the result of the compiler.
    ///
    /// - Throws: `unprocessable` with the compiler's words.
    static func checkCompiled(_ result: ProgramResult) throws(OutpostError) {
        if result.cause == nil, result.end == .exited(0) { return }
        let words = String(decoding: (result.stdout.bytes + result.stderr.bytes).prefix(longestReason), as: UTF8.self)
        throw OutpostError(.unprocessable, "the code does not compile: \(words)")
    }

    /// The most bytes of the compiler's words in an error.
    private static let longestReason = 4096
}
