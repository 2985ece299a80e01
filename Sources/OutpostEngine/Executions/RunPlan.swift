// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLanguages
import OutpostSandboxing

/// A complete plan of a run, made before it starts.
struct RunPlan: Sendable {
    /// The compile step. Nil for commands and for languages without a compiler.
    var compile: ProgramSpec?
    var run: ProgramSpec
    /// Absolute path of the compiled program. Nil when the program needs more than this one file.
    let output: String?
    /// The inputs of the cache key besides the compile step. Nil when there is no compile step or its result cannot be
    /// cached.
    let cacheInputs: CacheInputs?

    /// The inputs of the cache key that are not in the compile step.
    struct CacheInputs: Hashable, Sendable {
        /// Absolute path of the compiled program.
        let output: String
        let image: String
        /// Identifies this build of the toolchain.
        let toolchain: String
    }
    /// The working directory when neither the sandbox nor the request has one.
    static let defaultDirectory = "/workspace"

    /// Makes the plan.
    ///
    /// - Parameter id: becomes the name of the code's folder when runs share a sandbox at one time.
    /// - Throws: `invalid_request` for an unknown language, for limits that are too small, and for files with the same
    ///   path; `unprocessable` for limits above the maximum and for a language that is not installed.
    init(
        _ request: ExecutionRequest, id: ExecutionID, in sandbox: Sandbox, languages: LanguageInventory,
        policy: LimitPolicy
    ) throws(OutpostError) {
        let limits = try Self.limits(request, in: sandbox, policy: policy)
        let directory = request.workingDirectory ?? sandbox.workingDirectory
        let common = Common(request: request, sandbox: sandbox, limits: limits, directory: directory)
        try Self.checkDistinct(common)
        switch request.program {
        case .command(let arguments):
            compile = nil
            output = nil
            cacheInputs = nil
            run = common.program(arguments + request.arguments, environment: [], files: [])
        case .code(let code, let language):
            let language = try languages.installed(language ?? sandbox.language)
            let folder = Self.folder(of: id, common)
            let plan = language.plan(
                code: code, directory: folder.source, made: folder.made, workingDirectory: directory,
                scratch: Self.scratch(sandbox.security), arguments: request.arguments)
            try Self.checkFree(common, folder, source: plan.fileName)
            compile = plan.compile.map { common.compile($0, files: plan.files, policy: policy) }
            output = plan.reusableOutput
            cacheInputs = plan.reusableOutput.flatMap { output in
                languages.toolchainStamp(language).map { stamp in
                    CacheInputs(output: output, image: language.image, toolchain: stamp)
                }
            }
            // The files of the compile step are still in the sandbox when the program starts.
            run = common.program(
                plan.run.argv, environment: plan.run.environment, files: compile == nil ? plan.files : [],
                withRequestFiles: compile == nil)
            if compile == nil, let warm = language.starter {
                run.warm = WarmHint(
                    interpreter: warm.interpreter, preload: warm.preload,
                    commandLength: plan.run.argv.count - request.arguments.count,
                    waiting: policy.defaults.bounded(by: policy.maxima),
                    usualEnvironment: Self.settings + [ProgramDefaults.heap(limits.memoryMiB)],
                    usualDirectory: Self.defaultDirectory, usualFolder: RunFolder.ordinaryRoot)
            }
            useFolder(folder, endsWithRun: sandbox.mode == .stateful)
        }
        run.cpuTimeMilliseconds = request.cpuTimeMilliseconds
        run.isInterleaved = request.interleaved
        run.isInputOpen = request.isInputOpen
        guard request.judge != nil else { return }
        // The judge compares only complete output. A program that writes more than the limit is stopped at once.
        run.stopsAtOutputLimit = true
        run.outputKeep = .head
    }

    /// Returns the folder for the code. Concurrent runs in a stateful sandbox have one folder each.
    private static func folder(of id: ExecutionID, _ common: Common) -> RunFolder {
        let isBesideOthers = common.request.concurrent && common.sandbox.mode == .stateful
        return RunFolder(
            root: isBesideOthers ? RunFolder.root(of: id) : RunFolder.ordinaryRoot,
            workingDirectory: common.directory)
    }

    /// Makes both programs use the folder.
    ///
    /// - Parameter endsWithRun: whether the folder is removed after the run. Otherwise it is removed with the sandbox.
    private mutating func useFolder(_ folder: RunFolder, endsWithRun: Bool) {
        run.folder = folder
        run.folder?.options = compile == nil ? .isNew : .isCompiled
        compile?.folder = folder
        compile?.folder?.options = [.isNew, .compiles]
        if endsWithRun {
            run.folder?.options.insert(.endsWithProgram)
            compile?.folder?.options.insert(.endsWithFailure)
        }
    }

    /// Checks that the files of the request have different paths.
    ///
    /// - Throws: `invalid_request` when two files have the same path.
    private static func checkDistinct(_ common: Common) throws(OutpostError) {
        var known: [[UInt8]: Int] = [:]
        for (index, file) in common.request.files.enumerated() {
            if let other = known.updateValue(index, forKey: common.pathKey(of: file)) {
                throw .parameter(
                    .invalidRequest, Parameter.files[index] / .path, "repeats the path of \(Parameter.files[other])")
            }
        }
    }

    /// Checks that no file of the request has the path of the code, neither the real path nor the path in the working
    /// directory that the program sees.
    ///
    /// - Throws: `invalid_request` when one has.
    private static func checkFree(_ common: Common, _ folder: RunFolder, source: String) throws(OutpostError) {
        let code = common.pathKey(of: SandboxFile(path: source, content: []))
        if let index = common.request.files.firstIndex(where: {
            common.pathKey(of: $0) == code || folder.contains($0.path)
        }) {
            throw .parameter(.invalidRequest, Parameter.files[index] / .path, "is the path of the program's code")
        }
    }

    /// Returns the limits of a run. Also checks the limits of judge tests.
    ///
    /// - Throws: `invalid_request` for limits that are too small and for tests in a stateful sandbox; `unprocessable`
    ///   for limits above the maximum.
    static func limits(
        _ request: ExecutionRequest, in sandbox: Sandbox, policy: LimitPolicy
    ) throws(OutpostError) -> ResourceLimits {
        var wanted = request.limits
        wanted.timeoutMilliseconds = request.timeoutMilliseconds ?? wanted.timeoutMilliseconds
        let limits = try policy.checked(wanted.applied(to: sandbox.limits))
        guard limits.diskMiB == sandbox.limits.diskMiB || sandbox.mode == .ephemeral else {
            throw .parameter(
                .unprocessable, Parameter.resourceLimits / .disk, "cannot change after a stateful sandbox was created")
        }
        try policy.check(cpuTimeMilliseconds: request.cpuTimeMilliseconds)
        guard let judge = request.judge else { return limits }
        guard sandbox.mode == .ephemeral else {
            throw .parameter(.invalidRequest, .sandbox, "names a stateful sandbox, but each test needs a clean one")
        }
        try policy.check(judge.tests)
        return limits
    }

    /// The most bytes of memory that the output of the compiler and the program takes.
    var outputBytes: Int { run.outputBytes + (compile?.outputBytes ?? 0) }

    private func storage(_ sandbox: Sandbox) -> SandboxSpec.Storage {
        switch sandbox.mode {
        case .stateful: .disk(sandbox.id, mebibytes: sandbox.limits.diskMiB)
        case .ephemeral: .memory(mebibytes: Self.ephemeralDisk(run.limits, memoryMiB: Self.memory(of: self)))
        }
    }

    /// Returns the memory of the sandbox in MiB. A compiler may have more memory than the program.
    private static func memory(of plan: RunPlan) -> Int {
        SandboxSpec.memoryStep(max(plan.run.limits.memoryMiB, plan.compile?.limits.memoryMiB ?? 0))
    }

    /// Returns the disk size of an ephemeral sandbox in MiB. Its files are in memory. If the disk were as large as the
    /// memory, a program that fills the disk would be killed for memory instead of getting ENOSPC. Therefore an eighth
    /// of the memory, at least 8 MiB, is not available for files.
    static func ephemeralDisk(_ limits: ResourceLimits, memoryMiB: Int) -> Int {
        min(limits.diskMiB, max(1, memoryMiB - max(8, memoryMiB / 8)))
    }

    /// Returns the spec of the sandbox for this plan.
    func spec(_ sandbox: Sandbox) -> SandboxSpec {
        // A stateful sandbox serves later runs too, so it gets its own working directory.
        let directory = sandbox.mode == .stateful ? sandbox.workingDirectory : run.workingDirectory
        return SandboxSpec(
            storage: storage(sandbox), namespace: sandbox.namespace,
            memoryMiB: SandboxSpec.memoryStep(run.limits.memoryMiB), user: sandbox.security.user,
            workingDirectory: directory, isRootReadOnly: sandbox.security.rules == .strict,
            isolation: sandbox.security.isolation)
    }

    /// The variables of every interpreter, unless the client replaces them.
    fileprivate static let settings = [EnvironmentVariable(name: "LANG", value: "C.UTF-8")]

    /// Returns the folder for compiler caches. With a read-only root it is in /tmp. Otherwise it lasts as long as the
    /// sandbox.
    private static func scratch(_ security: SandboxSecurity) -> String {
        security.rules == .strict ? "/tmp/.cache" : ImagePaths.caches
    }

    /// The data for both programs of a run.
    private struct Common {
        let request: ExecutionRequest
        let sandbox: Sandbox
        let limits: ResourceLimits
        let directory: String

        func program(
            _ arguments: [String], environment step: [EnvironmentVariable], files: [SandboxFile],
            withRequestFiles: Bool = true
        ) -> ProgramSpec {
            var spec = ProgramSpec(
                arguments: arguments, environment: environment(step), workingDirectory: directory,
                user: sandbox.security.user, files: absolute(files + (withRequestFiles ? request.files : [])),
                stdin: request.stdin, limits: limits, seccompEnabled: sandbox.security.seccompEnabled,
                preset: sandbox.security.rules)
            spec.outputKeep = request.outputKeep
            return spec
        }

        /// Returns the compile step. A compiler has its own time limit, and at least the memory, processes and cores
        /// that it needs. The run's limits apply to the program.
        func compile(
            _ step: LanguagePlan.Step, files: [SandboxFile], policy: LimitPolicy
        ) -> ProgramSpec {
            var spec = program(step.argv, environment: step.environment, files: files)
            spec.stdin = []
            spec.limits.timeoutMilliseconds = min(
                step.timeoutMilliseconds ?? policy.defaults.timeoutMilliseconds, policy.maxima.timeoutMilliseconds)
            spec.limits.memoryMiB = min(max(limits.memoryMiB, step.memoryMiB ?? 0), policy.maxima.memoryMiB)
            spec.limits.maxProcesses = min(max(limits.maxProcesses, 128), policy.maxima.maxProcesses)
            spec.limits.cpuCores = max(limits.cpuCores, min(1, policy.maxima.cpuCores))
            spec.limits.stackMiB = nil
            spec.limits.maxFileBytes = nil
            return spec
        }

        private func absolute(_ files: [SandboxFile]) -> [SandboxFile] { files.map { absolute($0) } }

        /// Returns the absolute, normalized path as bytes. Two files with the same bytes are the same file for the
        /// kernel.
        func pathKey(of file: SandboxFile) -> [UInt8] { absolute(file).path.plainPath.nameBytes }

        private func absolute(_ file: SandboxFile) -> SandboxFile {
            guard !file.path.isAbsolutePath else { return file }
            return SandboxFile(
                path: directory == "/" ? "/\(file.path)" : "\(directory)/\(file.path)", content: file.content,
                mode: file.mode)
        }

        /// Returns all variables. A later group replaces an earlier one: platform, language, sandbox, request.
        private func environment(_ step: [EnvironmentVariable]) -> [EnvironmentVariable] {
            let user = sandbox.security.user
            let base =
                [
                    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", user.home),
                    ("USER", user.name), ("LOGNAME", user.name),
                ].map { EnvironmentVariable(name: $0.0, value: $0.1) } + RunPlan.settings
                + ProgramDefaults.variables(sandbox.security, memoryMiB: limits.memoryMiB)
            return (base + step + sandbox.environment + request.environment).lastOfEach(by: \.name.nameBytes)
        }
    }
}

extension Array {
    /// Returns the last element of each key, in the order of the keys' first elements.
    fileprivate func lastOfEach<Key: Hashable>(by key: (Element) -> Key) -> [Element] {
        var result: [Element] = []
        var positions: [Key: Int] = [:]
        for element in self {
            let key = key(element)
            if let position = positions[key] {
                result[position] = element
            } else {
                positions[key] = result.count
                result.append(element)
            }
        }
        return result
    }
}
