// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore
import Testing

@testable import OutpostCommands

struct ServerSettingsTests {
    private func settings(
        _ arguments: [String] = [], _ environment: [String: String] = [:]
    ) throws -> ServerSettings {
        try ServerSettings(try GlobalOptions.parse(arguments), environment: environment) { "op_pat_admin" }
    }

    @Test func withoutAWordItIsTheServerOnThisMachineAndItsToken() throws {
        let settings = try settings()
        #expect(settings.url == "http://127.0.0.1:8080")
        #expect(settings.token == "op_pat_admin")
        #expect(settings.namespace == .default)
    }

    @Test func theEnvironmentWinsOverTheDefaults() throws {
        let settings = try settings(
            [],
            [
                "OUTPOST_URL": "http://localhost:1", "OUTPOST_TOKEN": "op_pat_environment",
                "OUTPOST_NAMESPACE": "research",
            ])
        #expect(settings.url == "http://localhost:1")
        #expect(settings.token == "op_pat_environment")
        #expect(settings.namespace.rawValue == "research")
    }

    @Test func optionsWinOverTheEnvironment() throws {
        let settings = try settings(
            ["--url", "unix:/run/o.sock", "--token", "op_pat_option", "--namespace", "web"],
            ["OUTPOST_URL": "http://localhost:1", "OUTPOST_TOKEN": "other", "OUTPOST_NAMESPACE": "NOT VALID"])
        #expect(settings.url == "unix:/run/o.sock")
        #expect(settings.token == "op_pat_option")
        #expect(settings.namespace.rawValue == "web")
    }

    @Test func anEmptyVariableCountsAsUnset() throws {
        let settings = try settings([], ["OUTPOST_URL": "", "OUTPOST_TOKEN": "", "OUTPOST_NAMESPACE": ""])
        #expect(settings == (try self.settings()))
    }

    @Test(arguments: ["http://localhost:1", "http://127.9.9.9", "http://[::1]:8080", "unix:/run/o.sock"])
    func aServerOnThisMachineGetsTheAdministratorsToken(url: String) throws {
        #expect(try settings(["--url", url]).token == "op_pat_admin")
    }

    @Test(arguments: [
        "http://10.0.0.1:8080", "https://outpost.example", "http://127.evil.example", "http://127.0.0.1.x",
    ])
    func theAdministratorsTokenNeverLeavesTheMachine(url: String) throws {
        #expect(try settings(["--url", url]).token == nil)
    }

    @Test(arguments: ["127.0.0.1:8080", "ftp://host", "http://", "unix:relative.sock", "unix:", "http://u:p@host", ""])
    func aMalformedURLIsRefused(url: String) {
        #expect(throws: OutpostError.self) { try settings(["--url", url]) }
    }

    @Test func onlyANamespaceThatWasNamedIsGiven() throws {
        func given(_ arguments: [String], _ environment: [String: String]) throws -> String? {
            let options = try GlobalOptions.parse(arguments)
            return try ServerSettings.givenNamespace(options, environment: environment)?.rawValue
        }
        #expect(try given([], [:]) == nil)
        #expect(try given([], ["OUTPOST_NAMESPACE": ""]) == nil)
        #expect(try given([], ["OUTPOST_NAMESPACE": "research"]) == "research")
        #expect(try given(["--namespace", "web"], ["OUTPOST_NAMESPACE": "research"]) == "web")
        #expect(throws: OutpostError.self) { try given([], ["OUTPOST_NAMESPACE": "NOT VALID"]) }
    }

    @Test func aMalformedNamespaceOfTheEnvironmentIsRefused() {
        #expect(throws: OutpostError.self) { try settings([], ["OUTPOST_NAMESPACE": "NOT VALID"]) }
    }

    @Test(arguments: ["", "with space", "line\nbreak", "größe"])
    func aTokenThatNoHeaderCanCarryIsRefused(token: String) throws {
        let settings = try settings(["--token", token])
        #expect(throws: OutpostError.self) { try settings.configuration }
    }
}
