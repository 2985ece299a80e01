// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
public import OutpostCore
public import OutpostLanguages
import OutpostSandboxing

/// The languages of the catalogue, and which of them are installed on this host.
public actor LanguageInventory {
    /// One language on this host.
    public struct Entry: Sendable {
        /// The language of the catalogue.
        public let language: Language
        /// Whether the host's image has the toolchain.
        public let isInstalled: Bool
        /// Nil when it is not installed or its version is unknown.
        public let version: String?
    }

    private nonisolated let catalog: LanguageCatalog
    /// Whether the image has a program at this path.
    private nonisolated let isPresent: @Sendable (String) -> Bool
    /// A fingerprint of a program of the image, or nil.
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

    /// Returns the installed language with this name or alias.
    ///
    /// - Throws: `invalid_request` with the known names; `unprocessable` with the way to install the language.
    public nonisolated func installed(_ name: String) throws(OutpostError) -> Language {
        let language = try catalog.language(named: name)
        guard isPresent(language.toolchain.program) else {
            throw .parameter(
                .unprocessable, .language,
                "\(language.name) is not installed on this host; to install it: \(language.toolchain.install)")
        }
        return language
    }

    /// Returns the language that this parameter of a request names.
    ///
    /// - Throws: the errors of `installed(_:)`, for this parameter.
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

    /// A fingerprint of the language's current toolchain. Nil when there is none.
    nonisolated func toolchainStamp(_ language: Language) -> String? { stamp(language.toolchain.program) }

    /// The names and aliases of all languages, installed or not.
    public nonisolated var names: [String] { catalog.languages.flatMap { [$0.name] + $0.aliases } }

    /// The installed languages with a warm interpreter.
    nonisolated var waiting: [Language] {
        catalog.languages.filter { $0.starter != nil && isPresent($0.toolchain.program) }
    }

    /// Returns all languages with their versions. Each version is asked for once, inside a sandbox, because programs
    /// run there.
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

    /// Adds toolchain caches to the image. Without them, each compiler would create its cache in each sandbox.
    func prepareImage() async {
        let preparations = catalog.languages.compactMap(preparation)
        guard !preparations.isEmpty, let driver = driver as? any ImagePreparing else { return }
        do throws(OutpostError) {
            try await driver.prepareImage(preparations)
        } catch {
            // Without the caches, compilations take longer but work.
            logger.warning(
                "the caches of the toolchains could not be added to the image; compilations take longer",
                metadata: ["error": "\(error)"])
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
                "the version of a language cannot be read",
                metadata: ["language": "\(language.name)", "error": "\(error)"])
            return nil
        }
    }
}
