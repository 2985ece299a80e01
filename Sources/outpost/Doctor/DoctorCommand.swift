// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore
import OutpostDriverNamespaces
import OutpostLanguages
import OutpostLinux

/// Checks whether this host can run sandboxes, and prints advice for each missing part.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check whether this host can run sandboxes.",
        discussion: """
            As root, the command also makes, uses and removes a real sandbox of each kind. It exits with 1 when something \
            is missing.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Try sandboxes on this file system. The command makes a directory there and removes it.")
    var dataDir = "/var/tmp"

    /// Starts the spawner for the trial. Must be called while the process has one thread.
    ///
    /// - Returns: nil when the user is not root.
    func startSpawner() throws -> SpawnerProcess? {
        guard Privileges.isRoot else { return nil }
        ServerProcess.ignoreBrokenPipes()
        let spawner = try SpawnerProcess.start()
        try Reactor.start()
        return spawner
    }

    func run(spawner: SpawnerProcess?) async throws {
        var checks = HostReport.checks() + [ImageReport.configuration()]
        if let spawner {
            let directory = "\(dataDir)/outpost-doctor-\(SandboxID().rawValue.dropFirst(4))"
            try makeDirectories(directory, mode: 0o700)
            checks += HostReport.idMappedMounts(dataDirectory: directory)
            checks += await HostReport.trial(dataDirectory: directory, process: spawner)
            try removeTree(directory)
        } else {
            checks.append(
                HostCheck("root", .missing, "not root", advice: "run sudo outpost doctor to try real sandboxes too"))
        }
        checks += try languages()
        print(json ? Self.document(checks) : Self.table(checks))
        if checks.contains(where: { $0.verdict == .missing }) { throw ExitCode(1) }
    }

    private func languages() throws -> [HostCheck] {
        try LanguageCatalog.load().languages.map { language in
            let isThere = exists(language.toolchain.program)
            return HostCheck(
                "language \(language.name)", isThere ? .ok : .note,
                isThere ? language.toolchain.program : "\(language.toolchain.program) not found",
                advice: isThere ? "" : language.toolchain.install)
        }
    }

    private static func table(_ checks: [HostCheck]) -> String {
        let names = checks.map(\.name.count).max() ?? 0
        return checks.map { check in
            let name = check.name + String(repeating: " ", count: names - check.name.count)
            let verdict = check.verdict.rawValue + String(repeating: " ", count: 7 - check.verdict.rawValue.count)
            let advice = check.advice.isEmpty || check.verdict == .ok ? "" : " -> \(check.advice)"
            return "\(name)  \(verdict)  \(check.found)\(advice)"
        }.joined(separator: "\n")
    }

    /// Returns the checks as one line of JSON.
    private static func document(_ checks: [HostCheck]) -> String {
        let list = checks.map { check in
            JSONValue.object(
                JSONObject([
                    (name: "name", value: .string(check.name)),
                    (name: "verdict", value: .string(check.verdict.rawValue)),
                    (name: "found", value: .string(check.found)), (name: "advice", value: .string(check.advice)),
                ]))
        }
        return String(decoding: JSONValue.array(list).bytes, as: UTF8.self)
    }
}
