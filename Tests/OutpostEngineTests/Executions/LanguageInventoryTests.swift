// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLanguages
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// The languages that this host can run, with the versions that run in a sandbox.
struct LanguageInventoryTests {
    private func versions(_ fixture: EngineFixture) async -> [String] {
        await fixture.engine.languages.entries().map { entry in
            "\(entry.language.name) \(entry.isInstalled) \(entry.version ?? "-")"
        }
    }

    @Test func versionsAreAskedOnceAndOnlyOfWhatIsThere() async throws {
        let fixture = try await EngineFixture(missing: ["go", "rust", "node"])
        fixture.driver.change { state in
            state.onRun = { (program) throws(OutpostError) in
                .ended(.exited(0), stdout: program.arguments[0].hasSuffix("bash") ? "GNU bash 5.2.15" : "Python 3.11.2")
            }
        }
        let expected = ["bash true 5.2.15", "go false -", "node false -", "python true 3.11.2", "rust false -"]
        #expect(await versions(fixture) == expected)
        #expect(await versions(fixture) == expected)
        #expect(fixture.driver.programs.count == 2)
        await fixture.driver.events.wait(for: "discard", times: 2)
    }

    @Test func aVersionThatCannotBeAskedIsUnknownAndAskedAgain() async throws {
        let fixture = try await EngineFixture(missing: ["go", "rust", "node", "bash"])
        fixture.driver.change { $0.launchErrors = [OutpostError(.internal, "no")] }
        #expect(await versions(fixture).contains("python true -"))
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in .ended(.exited(0), stderr: "Python 3.11.2") }
        }
        #expect(await versions(fixture).contains("python true 3.11.2"))
    }

    @Test func theImageIsPreparedWithWhatInstalledCompilersNeed() async throws {
        let fixture = try await EngineFixture()
        await fixture.engine.languages.prepareImage()
        #expect(
            fixture.driver.preparations == [
                ["/usr/bin/go", "build", "-p=1", "-toolexec", "setpriv --pdeathsig KILL", "std"]
            ])
        let without = try await EngineFixture(missing: ["go"])
        await without.engine.languages.prepareImage()
        #expect(await without.driver.events.count("prepare image") == 0)
    }

    @Test func aMissingToolchainSaysWhatToInstall() async throws {
        let fixture = try await EngineFixture(missing: ["go"])
        let missing = try #require(throws: OutpostError.self) { try fixture.engine.languages.installed("go") }
        #expect(missing.code == .unprocessable)
        #expect(missing.message.contains("apt-get install"))
        let unknown = try #require(throws: OutpostError.self) { try fixture.engine.languages.installed("cobol") }
        #expect(unknown.code == .invalidRequest)
        #expect(unknown.message.contains("bash, go, node, python, rust"))
    }
}
