// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
public import OutpostCore
public import OutpostLanguages
import OutpostSandboxing

/// The languages of the catalogue, and which of them this host can run.
public actor LanguageInventory {
    /// One language on this host.
    public struct Entry: Sendable {
        public let language: Language
        public let isInstalled: Bool
        /// Nil when it is not installed or did not tell.
        public let version: String?
    }

    private nonisolated let catalog: LanguageCatalog
    /// Whether a program of the image is there.
    private nonisolated let isPresent: @Sendable (String) -> Bool
    private nonisolated let stamp: @Sendable (String) -> String?
    private nonisolated let driver: any SandboxDriver
    private nonisolated let maxima: ResourceLimits
    private nonisolated let logger: Logger
    private var versions: [String: Task<String?, Never>] = [:]

    init(
        catalog: LanguageCatalog, driver: any SandboxDriver, maxima: ResourceLimits, logger: Logger,
        isPresent: @escaping @Sendable (String) -> Bool, stamp: @escaping @Sendable (String) -> String?
    ) {
        self.catalog = catalog
        self.driver = driver
        self.maxima = maxima
        self.logger = logger
        self.isPresent = isPresent
        self.stamp = stamp
    }

    /// The language of this name or alias, when it can be run here.
    ///
    /// - Throws: `invalid_request` that lists the known ones, `unprocessable` that says what to install.
    public nonisolated func installed(_ name: String) throws(OutpostError) -> Language {
        let language = try catalog.language(named: name)
        guard isPresent(language.toolchain.program) else {
            throw .parameter(
                .unprocessable, .language,
                "\(language.name) is not installed on this host; to install it: \(language.toolchain.install)")
        }
        return language
    }

    /// The language that a part of a request names.
    ///
    /// - Throws: as the other, about that part.
    @discardableResult
    nonisolated func installed(_ name: String, for parameter: Parameter) throws(OutpostError) -> Language {
        do throws(OutpostError) {
            return try installed(name)
        } catch {
            throw .parameter(error.code, parameter, error.details.first?.problem ?? error.text)
        }
    }

    /// Returns the language's own name for one of its names or aliases, and an unknown name as it is.
    public nonisolated func canonicalName(_ name: String) -> String { catalog[name]?.name ?? name }

    /// What tells the toolchain of a language, as it is now, from any other build of it; nil when nothing does.
    nonisolated func toolchainStamp(_ language: Language) -> String? { stamp(language.toolchain.program) }

    /// Names and aliases of all languages, installed or not.
    public nonisolated var names: [String] { catalog.languages.flatMap { [$0.name] + $0.aliases } }

    /// Languages that are installed and whose interpreter can wait for its program.
    nonisolated var waiting: [Language] {
        catalog.languages.filter { $0.starter != nil && isPresent($0.toolchain.program) }
    }

    /// All languages with their versions. A version is asked for once, inside a sandbox, since only what runs there counts.
    public func entries() async -> [Entry] {
        var result: [Entry] = []
        for language in catalog.languages {
            let isInstalled = isPresent(language.toolchain.program)
            result.append(
                Entry(
                    language: language, isInstalled: isInstalled, version: isInstalled ? await version(language) : nil))
        }
        return result
    }

    /// Has the image filled with what compilers would otherwise make in every sandbox.
    func prepareImage() async {
        let preparations = catalog.languages.compactMap(preparation)
        guard !preparations.isEmpty, let driver = driver as? any ImagePreparing else { return }
        do throws(OutpostError) {
            try await driver.prepareImage(preparations)
        } catch {
            // Compilations only take longer.
            logger.warning("toolchains are not prepared", metadata: ["error": "\(error)"])
        }
    }

    private func preparation(_ language: Language) -> ImagePreparation? {
        guard isPresent(language.toolchain.program), let stamp = toolchainStamp(language),
            let step = language.preparation(scratch: "")
        else { return nil }
        return ImagePreparation(
            identity: "\(stamp) \(step.argv) \(step.environment.map { "\($0.name)=\($0.value)" })",
            arguments: { language.preparation(scratch: $0)?.argv ?? [] },
            environment: { language.preparation(scratch: $0)?.environment ?? [] })
    }

    private func version(_ language: Language) async -> String? {
        if let task = versions[language.name] { return await task.value }
        let task = Task { await askVersion(language) }
        versions[language.name] = task
        let version = await task.value
        if version == nil { versions[language.name] = nil }
        return version
    }

    private func askVersion(_ language: Language) async -> String? {
        let user = SandboxUser.sandbox
        var limits = ResourceLimits.shippedDefaults
        limits.timeoutMilliseconds = 10_000
        limits = limits.bounded(by: maxima)
        do throws(OutpostError) {
            let handle = try await driver.create(
                SandboxSpec(
                    storage: .memory(mebibytes: min(64, limits.diskMiB)), memoryMiB: limits.memoryMiB, user: user,
                    workingDirectory: user.home, isolation: driver.capabilities.isolation))
            defer { handle.discard() }
            let result = try await handle.run(
                ProgramSpec(
                    arguments: language.toolchain.versionCommand,
                    environment: [
                        EnvironmentVariable(name: "PATH", value: "/usr/local/bin:/usr/bin:/bin"),
                        EnvironmentVariable(name: "HOME", value: user.home),
                    ], workingDirectory: user.home, user: user, limits: limits))
            let output = String(decoding: result.stdout.bytes + result.stderr.bytes, as: UTF8.self)
            return language.toolchain.version(in: output)
        } catch {
            logger.warning(
                "a language's version is unknown", metadata: ["language": "\(language.name)", "error": "\(error)"])
            return nil
        }
    }
}
