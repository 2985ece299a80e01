// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLanguages
import OutpostSandboxing

/// Everything about a run that is decided before it starts.
struct RunPlan: Sendable {
    /// Nil for languages without a compile step, and for commands.
    var compile: ProgramSpec?
    var run: ProgramSpec
    /// Where the compiler leaves the program, when it is one file that runs without the compiler's others.
    let output: String?
    /// Nil when there is no compile step, or its outcome cannot be used again.
    let cacheInputs: CacheInputs?

    /// What tells one outcome of a compile step from another, other than the step.
    struct CacheInputs: Hashable, Sendable {
        /// Where the compiler leaves the program.
        let output: String
        let image: String
        /// Tells this build of the toolchain from any other.
        let toolchain: String
    }
    /// Where a program starts when nobody says otherwise.
    static let defaultDirectory = "/workspace"

    /// - Parameter id: names the directory that the code of a run beside others gets for itself.
    /// - Throws: `invalid_request` for an unknown language or limits that are too small, `unprocessable` for limits above
    ///   the maximum or a language that is not installed.
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
            // What the compiler was given is there already when the program starts.
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
        guard request.judge != nil else { return }
        // What is compared is a whole answer or none, and a program that writes more is stopped before it has an end.
        run.stopsAtOutputLimit = true
        run.outputKeep = .head
    }

    /// The folder for the code. Runs that do not wait for each other have one each.
    private static func folder(of id: ExecutionID, _ common: Common) -> RunFolder {
        let isBesideOthers = common.request.concurrent && common.sandbox.mode == .stateful
        return RunFolder(
            root: isBesideOthers ? RunFolder.root(of: id) : RunFolder.ordinaryRoot,
            workingDirectory: common.directory)
    }

    /// - Parameter endsWithRun: whether it is to be removed; else it goes with the sandbox.
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

    /// - Throws: `invalid_request` for a file of the request's that another of its files would replace.
    private static func checkDistinct(_ common: Common) throws(OutpostError) {
        var known: [[UInt8]: Int] = [:]
        for (index, file) in common.request.files.enumerated() {
            if let other = known.updateValue(index, forKey: common.pathKey(of: file)) {
                throw .parameter(
                    .invalidRequest, Parameter.files[index] / .path, "repeats the path of \(Parameter.files[other])")
            }
        }
    }

    /// - Throws: `invalid_request` for a file of the request's that its code would replace, or be missed for: to the
    ///   program its code stands in the working directory.
    private static func checkFree(_ common: Common, _ folder: RunFolder, source: String) throws(OutpostError) {
        let code = common.pathKey(of: SandboxFile(path: source, content: []))
        if let index = common.request.files.firstIndex(where: {
            common.pathKey(of: $0) == code || folder.contains($0.path)
        }) {
            throw .parameter(.invalidRequest, Parameter.files[index] / .path, "is the path of the program's code")
        }
    }

    /// The limits of a run, those of its tests checked too.
    ///
    /// - Throws: `invalid_request` and `unprocessable` for limits that cannot be had, `invalid_request` for tests in a
    ///   stateful sandbox.
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

    private func storage(_ sandbox: Sandbox) -> SandboxSpec.Storage {
        switch sandbox.mode {
        case .stateful: .disk(sandbox.id, mebibytes: sandbox.limits.diskMiB)
        case .ephemeral: .memory(mebibytes: Self.ephemeralDisk(run.limits, memoryMiB: Self.memory(of: self)))
        }
    }

    /// What both programs of the run find themselves in: a compiler may have more than the program.
    private static func memory(of plan: RunPlan) -> Int {
        SandboxSpec.memoryStep(max(plan.run.limits.memoryMiB, plan.compile?.limits.memoryMiB ?? 0))
    }

    /// The files of an ephemeral sandbox are in memory, so a disk that the memory does not hold would end the program where
    /// a full disk refuses a write. An eighth is left for the program that writes, 8 MiB at least.
    static func ephemeralDisk(_ limits: ResourceLimits, memoryMiB: Int) -> Int {
        min(limits.diskMiB, max(1, memoryMiB - max(8, memoryMiB / 8)))
    }

    /// Where the program's sandbox keeps its files, and how it is made.
    func spec(_ sandbox: Sandbox) -> SandboxSpec {
        // A stateful sandbox outlives this run, so it is made for its own directory.
        let directory = sandbox.mode == .stateful ? sandbox.workingDirectory : run.workingDirectory
        return SandboxSpec(
            storage: storage(sandbox), namespace: sandbox.namespace,
            memoryMiB: SandboxSpec.memoryStep(run.limits.memoryMiB), user: sandbox.security.user,
            workingDirectory: directory, isRootReadOnly: sandbox.security.rules == .strict,
            isolation: sandbox.security.isolation)
    }

    /// What an interpreter finds set when it starts, unless somebody asks for something else.
    fileprivate static let settings = [EnvironmentVariable(name: "LANG", value: "C.UTF-8")]

    /// Where compilers keep what speeds them up: as lasting as the sandbox, where that can be written.
    private static func scratch(_ security: SandboxSecurity) -> String {
        security.rules == .strict ? "/tmp/.cache" : ImagePaths.caches
    }

    /// What both programs of a run share.
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

        /// A compiler gets its own time, and memory and processes that are enough for it: the run's limits are about the
        /// program.
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

        /// What the kernel tells one file from another by.
        func pathKey(of file: SandboxFile) -> [UInt8] { absolute(file).path.plainPath.nameBytes }

        private func absolute(_ file: SandboxFile) -> SandboxFile {
            guard !file.path.isAbsolutePath else { return file }
            return SandboxFile(
                path: directory == "/" ? "/\(file.path)" : "\(directory)/\(file.path)", content: file.content,
                mode: file.mode)
        }

        /// The later wins: what the platform sets, the language's step, the sandbox's, the request's.
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
    /// Each key's last element, at the place of its first.
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
