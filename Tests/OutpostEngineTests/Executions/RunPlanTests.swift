// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// What is decided about a run before it starts.
struct RunPlanTests {
    private func plan(
        _ request: ExecutionRequest, in sandbox: Sandbox = .sample(mode: .ephemeral), missing: Set<String> = [],
        policy: LimitPolicy = EngineFixture.policy
    ) async throws -> RunPlan {
        let fixture = try await EngineFixture(missing: missing)
        return try RunPlan(
            request, id: ExecutionID(), in: sandbox, languages: fixture.engine.languages, policy: policy)
    }

    private func code(_ text: String = "x", _ language: String? = nil) -> ExecutionRequest {
        ExecutionRequest(program: .code(text, language: language))
    }

    // MARK: - Limits

    @Test func theRunsLimitsWinOverTheSandboxsWhichWinOverTheDefaults() async throws {
        var limits = ResourceLimits.shippedDefaults
        limits.memoryMiB = 256
        limits.cpuCores = 2
        var request = code()
        request.limits = ResourceLimitsRequest(memoryMiB: 128)
        let spec = try await plan(request, in: .sample(mode: .ephemeral, limits: limits)).run
        #expect(spec.limits.memoryMiB == 128)
        #expect(spec.limits.cpuCores == 2)
        #expect(spec.limits.maxProcesses == 128)
    }

    @Test(arguments: [(nil, nil, 30_000), (nil, 5000, 5000), (7000, nil, 7000), (7000, 5000, 7000)])
    func theCallsOwnTimeWinsOverTheTimeAmongItsLimits(own: Int?, limit: Int?, expected: Int) async throws {
        var request = code()
        request.timeoutMilliseconds = own
        request.limits.timeoutMilliseconds = limit
        #expect(try await plan(request).run.limits.timeoutMilliseconds == expected)
    }

    @Test(arguments: [
        (ResourceLimitsRequest(memoryMiB: 0), ErrorCode.invalidRequest), (.init(memoryMiB: -1), .invalidRequest),
        (.init(memoryMiB: 8193), .unprocessable), (.init(cpuCores: 0), .invalidRequest),
        (.init(cpuCores: .nan), .invalidRequest), (.init(cpuCores: .infinity), .unprocessable),
        (.init(timeoutMilliseconds: 0), .invalidRequest), (.init(timeoutMilliseconds: 3_600_001), .unprocessable),
        (.init(maxProcesses: 0), .invalidRequest), (.init(maxOutputBytes: Int.max), .unprocessable),
        (.init(stackMiB: 0), .invalidRequest), (.init(stackMiB: -1), .invalidRequest),
        (.init(stackMiB: 8193), .unprocessable), (.init(maxFileBytes: 0), .invalidRequest),
        (.init(maxFileBytes: Int.max), .unprocessable),
    ])
    func limitsOutOfBoundsAreRefused(limits: ResourceLimitsRequest, expected: ErrorCode) async throws {
        var request = code()
        request.limits = limits
        #expect(try await OutpostEngineTests.code { _ = try await plan(request) } == expected)
    }

    @Test func theDiskOfAStatefulSandboxIsFixed() async throws {
        var request = code()
        request.limits.diskMiB = 10
        #expect(try await plan(request).run.limits.diskMiB == 10)
        let stateful = Sandbox.sample(mode: .stateful)
        #expect(try await OutpostEngineTests.code { _ = try await plan(request, in: stateful) } == .unprocessable)
        request.limits.diskMiB = stateful.limits.diskMiB
        #expect(try await plan(request, in: stateful).run.limits.diskMiB == 1024)
    }

    @Test(arguments: [
        // memory_mb, disk_mb, and MiB that the disk has: what the memory leaves, an eighth or 8 MiB less.
        (512, 1024, 448), (512, 100, 100), (512, 448, 448), (512, 449, 448), (4, 1024, 1), (8, 1024, 1), (9, 1024, 1),
        (16, 1024, 8), (64, 1024, 56), (64, 10, 10), (128, 1024, 112), (600, 1024, 448), (2048, 1024, 1024),
        (1024, 51_200, 896), (8192, 8192, 7168),
    ])
    func theDiskOfAnEphemeralSandboxFitsIntoItsMemory(memory: Int, disk: Int, expected: Int) async throws {
        var request = ExecutionRequest(program: .command(["x"]))
        request.limits = ResourceLimitsRequest(memoryMiB: memory, diskMiB: disk)
        let spec = try await plan(request).spec(.sample(mode: .ephemeral))
        #expect(spec.storage == .memory(mebibytes: expected))
    }

    @Test func onlyCodeThatIsNotCompiledHasAnInterpreterThatCanBeStartedAhead() async throws {
        let hint = try #require(await plan(code("x", "python")).run.warm)
        #expect(hint.interpreter == "python" && hint.commandLength == 2)
        #expect(hint.usualDirectory == "/workspace" && hint.waiting == EngineFixture.policy.defaults)
        #expect(try await plan(code("x", "node")).run.warm?.interpreter == "node")
        #expect(try await plan(code("fn main() {}", "rust")).run.warm == nil)
        #expect(try await plan(ExecutionRequest(program: .command(["python3"]))).run.warm == nil)
    }

    // MARK: - Environment

    @Test(
        arguments: [
            (SandboxUser.sandbox, "default", true, "ASAN_OPTIONS", "detect_leaks=0"),
            (.sandbox, "strict", true, "ASAN_OPTIONS", "detect_leaks=0"),
            (.sandbox, "debug", true, "ASAN_OPTIONS", nil),
            (.sandbox, "default", false, "ASAN_OPTIONS", nil),
            (.root, "default", true, "ASAN_OPTIONS", "detect_leaks=0"),
            (.root, "default", true, "TAR_OPTIONS", "--no-same-owner"),
            (.root, "debug", true, "TAR_OPTIONS", "--no-same-owner"), (.sandbox, "default", true, "TAR_OPTIONS", nil),
            (.sandbox, "default", true, "NPM_CONFIG_FETCH_RETRIES", "0"), (.sandbox, "debug", true, "PIP_RETRIES", "1"),
            (.root, "strict", true, "PIP_NO_INPUT", "1"), (.sandbox, "default", true, "CARGO_NET_RETRY", "0"),
        ] as [(SandboxUser, String, Bool, String, String?)])
    func toolsThatDoNotExpectASandboxAreTold(
        user: SandboxUser, preset: String, seccomp: Bool, name: String, value: String?
    ) async throws {
        let security = SandboxSecurity(
            seccompEnabled: seccomp, user: user, preset: preset, isolation: .namespaces)
        let defaults = ProgramDefaults.variables(security, memoryMiB: 512)
        #expect(defaults.first { $0.name == name }?.value == value)
        #expect(Set(defaults.map(\.name)).count == defaults.count)
    }

    @Test(arguments: [
        (4, 16), (32, 16), (64, 16), (80, 25), (128, 64), (150, 64), (192, 115), (256, 166), (512, 371), (600, 371),
        (1024, 780), (8192, 6515),
    ])
    func nodeIsToldItsHeap(memory: Int, heap: Int) async throws {
        var request = ExecutionRequest(program: .command(["x"]))
        request.limits = ResourceLimitsRequest(memoryMiB: memory)
        let environment = try await plan(request).run.environment
        #expect(environment.contains(.init(name: "NODE_OPTIONS", value: "--max-old-space-size=\(heap)")))
        let adapted = ProgramDefaults.adapted(environment, from: memory, to: 2048)
        #expect(adapted.contains(.init(name: "NODE_OPTIONS", value: "--max-old-space-size=1600")))
        #expect(ProgramDefaults.adapted(environment, from: 4096, to: 2048) == environment)
    }

    @Test(arguments: ["ASAN_OPTIONS", "NPM_CONFIG_FETCH_RETRIES", "PIP_NO_INPUT", "UV_HTTP_RETRIES"])
    func aClientsOwnVariableTakesTheDefaultsPlace(name: String) async throws {
        var request = ExecutionRequest(program: .command(["x"]))
        request.environment = [.init(name: name, value: "mine")]
        let environment = try await plan(request).run.environment
        #expect(environment.filter { $0.name == name }.map(\.value) == ["mine"])
    }

    @Test func theLaterVariableWinsInTheEarlierOnesPlace() async throws {
        let sandbox = Sandbox.sample(
            mode: .ephemeral,
            environment: [
                .init(name: "A", value: "sandbox"), .init(name: "B", value: "sandbox"),
                .init(name: "A", value: "again"),
            ])
        var request = code()
        request.environment = [
            .init(name: "B", value: "run"), .init(name: "LANG", value: "de"), .init(name: "C", value: ""),
        ]
        let environment = try await plan(request, in: sandbox).run.environment
        let own = environment.filter { ["A", "B", "C"].contains($0.name) }
        #expect(own.map { "\($0.name)=\($0.value)" } == ["A=again", "B=run", "C="])
        #expect(environment.filter { $0.name == "LANG" }.map(\.value) == ["de"])
        #expect(Set(environment.map(\.name)).count == environment.count)
    }

    @Test func everyProgramKnowsWhoItIs() async throws {
        var sandbox = Sandbox.sample(mode: .ephemeral)
        sandbox.security.user = .root
        let environment = try await plan(ExecutionRequest(program: .command(["x"])), in: sandbox).run.environment
        #expect(
            environment.map { "\($0.name)=\($0.value)" }.prefix(5) == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root",
                "LOGNAME=root", "LANG=C.UTF-8",
            ])
    }

    // MARK: - Programs and files

    @Test func aCommandIsTakenAsItIs() async throws {
        var request = ExecutionRequest(program: .command(["a", "b c"]))
        request.arguments = ["d"]
        request.stdin = [1]
        let plan = try await plan(request)
        #expect(plan.compile == nil)
        #expect(plan.run.arguments == ["a", "b c", "d"])
        #expect(plan.run.stdin == [1])
        #expect(plan.run.files == [])
        #expect(plan.run.workingDirectory == "/workspace")
    }

    @Test func codeGoesToAFolderOfItsOwnAndFilesAreRelativeToTheWorkingDirectory() async throws {
        var request = code("print(1)")
        request.workingDirectory = "/w"
        request.arguments = ["a"]
        request.files = [.init(path: "in/x", content: [1]), .init(path: "/etc/y", content: [2])]
        let run = try await plan(request).run
        #expect(run.files.map(\.path) == ["/tmp/.outpost/w/main.py", "/w/in/x", "/etc/y"])
        #expect(run.files[0].content == Array("print(1)".utf8))
        #expect(run.arguments.suffix(2) == ["/tmp/.outpost/w/main.py", "a"])
        #expect(run.workingDirectory == "/w")
        #expect(run.files[0].mode == 0o444)
        #expect(run.folder == RunFolder(root: "/tmp/.outpost", workingDirectory: "/w", options: .isNew))
    }

    @Test(arguments: ["#!/bin/sh\n", "#!", "#!/usr/bin/env -S python3 -O\nprint(1)"])
    func codeThatNamesItsInterpreterCanBeExecuted(code: String) async throws {
        #expect(try await plan(self.code(code, "bash")).run.files[0].mode == 0o555)
    }

    /// Whichever of the two were there, the other would be missed without a word.
    @Test(
        arguments: [
            (["a", "a"], 1), (["a", "b", "a"], 2),
            (["a", "/workspace/a"], 1),
            (["a", "./a"], 1), (["d/a", "d//a"], 1), (["d/a", "./d/./a"], 1),
            (["/x/a", "//x/a"], 1), (["main.py"], 0), (["./main.py"], 0),
            (["/workspace/main.py"], 0), (["//workspace/./main.py"], 0),
            (["b", "main.py"], 1),
        ])
    func twoFilesOfOnePathAreRefused(paths: [String], position: Int) async throws {
        var request = code("print(1)")
        request.files = paths.map { .init(path: $0, content: []) }
        let error = await #expect(throws: OutpostError.self) { _ = try await plan(request) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.details.map(\.parameter) == [Parameter.files[position] / .path])
    }

    @Test(arguments: [
        ("go", "main.go"), ("rust", "main.rs"), ("node", "main.cjs"), ("bash", "main.sh"),
        ("python", "/workspace/main.py"),
        ("go", "/tmp/.outpost/workspace/main.go"), ("go", "/tmp/.outpost/.made/main"), ("rust", "/tmp/.outpost"),
        ("node", "/tmp/.outpost/workspace/x"), ("bash", "//tmp/./.outpost//x"),
        ("python", "/tmp/.outpost/./workspace/main.py"),
    ])
    func theCodeOfEveryLanguageKeepsItsPlace(language: String, path: String) async throws {
        var request = code("x", language)
        request.files = [.init(path: path, content: [])]
        let error = await #expect(throws: OutpostError.self) { _ = try await plan(request) }
        #expect(error?.details == [ParameterProblem(Parameter.files[0] / .path, "is the path of the program's code")])
    }

    @Test(arguments: [
        ("go", "main"), ("rust", "main"), ("rust", "main.o"), ("python", "main"), ("python", "main.go"),
        ("node", "main.mjs"), ("bash", "main"), ("python", "main.py/x"), ("python", "d/main.py"), ("go", "/main.go"),
        ("node", "/tmp/main.cjs"),
        ("go", "/tmp/.outposts"), ("go", "/home/.outpost/main.go"),
    ])
    func whatIsNotInThePlaceOfTheCodeIsTheClients(language: String, path: String) async throws {
        var request = code("x", language)
        request.files = [.init(path: path, content: [])]
        let plan = try await plan(request)
        #expect((plan.compile ?? plan.run).files.last?.path.hasSuffix(path) == true)
    }

    @Test(arguments: [
        ["main.py", "main.go"], ["a", "A"], ["a", "d/a"], ["a", "a.b"], ["é", "e\u{301}"], ["/a", "a"],
    ])
    func filesOfOtherPathsStandBesideEachOther(paths: [String]) async throws {
        var request = ExecutionRequest(program: .command(["x"]))
        request.files = paths.map { .init(path: $0, content: []) }
        #expect(try await plan(request).run.files.count == paths.count)
    }

    @Test func filesAtTheRootHaveNoDoubleSlash() async throws {
        var request = ExecutionRequest(program: .command(["x"]))
        request.workingDirectory = "/"
        request.files = [.init(path: "a", content: [])]
        #expect(try await plan(request).run.files.map(\.path) == ["/a"])
    }

    @Test func aLanguageOfTheCallWinsOverTheSandboxs() async throws {
        #expect(try await plan(code("echo", "bash")).run.files.map(\.path) == ["/tmp/.outpost/workspace/main.sh"])
        #expect(try await OutpostEngineTests.code { _ = try await plan(code("x", "cobol")) } == .invalidRequest)
        let missing = try await OutpostEngineTests.code { _ = try await plan(code("x", "go"), missing: ["go"]) }
        #expect(missing == .unprocessable)
    }

    @Test func concurrentCodeOfAStatefulSandboxHasADirectoryOfItsOwn() async throws {
        var request = code("print(1)")
        request.concurrent = true
        let stateful = Sandbox.sample(mode: .stateful)
        let first = try await plan(request, in: stateful).run
        let second = try await plan(request, in: stateful).run
        #expect(first.files.map(\.path) != second.files.map(\.path))
        #expect(first.workingDirectory == "/workspace")
        #expect(first.folder?.options == [.isNew, .endsWithProgram])
        #expect(first.files[0].path.hasSuffix("/workspace/main.py"))
        #expect(try await plan(request).run.files.map(\.path) == ["/tmp/.outpost/workspace/main.py"])
    }

    /// A compiler writes there, and what it has made stays until the program has ended.
    @Test func aFolderLivesAsLongAsItIsNeeded() async throws {
        let stateful = Sandbox.sample(mode: .stateful)
        let compiled = try await plan(code("fn main() {}", "rust"), in: stateful)
        #expect(compiled.compile?.folder?.options == [.isNew, .compiles, .endsWithFailure])
        #expect(compiled.compile?.workingDirectory == "/workspace")
        #expect(compiled.run.folder?.options == [.isCompiled, .endsWithProgram])
        let ephemeral = try await plan(code("fn main() {}", "rust"))
        #expect(ephemeral.compile?.folder?.options == [.isNew, .compiles])
        #expect(ephemeral.run.folder?.options == .isCompiled)
        #expect(try await plan(ExecutionRequest(program: .command(["x"]))).run.folder == nil)
    }

    // MARK: - Compilers

    @Test func aCompilerGetsTheFilesAndEnoughToCompileWith() async throws {
        var request = code("fn main() {}", "rust")
        request.limits = ResourceLimitsRequest(
            memoryMiB: 16, cpuCores: 0.1, timeoutMilliseconds: 100, maxProcesses: 1, maxOutputBytes: 10)
        request.stdin = [1]
        request.files = [.init(path: "data", content: [2])]
        let plan = try await plan(request)
        let compile = try #require(plan.compile)
        #expect(compile.files.map(\.path) == ["/tmp/.outpost/workspace/main.rs", "/workspace/data"])
        #expect(compile.stdin == [])
        #expect(compile.limits.memoryMiB == 1024)
        #expect(compile.limits.timeoutMilliseconds == 60_000)
        #expect(compile.limits.cpuCores == 1)
        #expect(compile.limits.maxProcesses == 128)
        #expect(compile.limits.maxOutputBytes == 10)
        #expect(plan.run.files == [])
        #expect(plan.run.stdin == [1])
        #expect(plan.run.limits.memoryMiB == 16)
        #expect(plan.run.limits.timeoutMilliseconds == 100)
        #expect(plan.run.limits.maxProcesses == 1)
    }

    @Test func aCompilerGetsNoMoreThanTheHostsMaximumAndNoLessThanTheRun() async throws {
        var small = EngineFixture.policy
        small.maxima.memoryMiB = 600
        small.maxima.cpuCores = 0.5
        small.maxima.maxProcesses = 130
        var request = code("fn main() {}", "rust")
        request.limits = ResourceLimitsRequest(cpuCores: 0.2, maxProcesses: 129)
        let compile = try #require(try await plan(request, policy: small).compile)
        #expect(compile.limits.memoryMiB == 600)
        #expect(compile.limits.cpuCores == 0.5)
        #expect(compile.limits.maxProcesses == 129)
        request.limits = ResourceLimitsRequest(memoryMiB: 4096, cpuCores: 3)
        let large = try #require(try await plan(request).compile)
        #expect(large.limits.memoryMiB == 4096)
        #expect(large.limits.cpuCores == 3)
    }
}
