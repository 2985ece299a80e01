// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostEngine
import OutpostJobs
import OutpostServer
import Testing

@testable import outpost

/// Flags win over the environment, which wins over the file.
struct ServeConfigurationTests {
    private func load(
        _ text: String, listen: String? = nil, dataDirectory: String? = nil, insecureHTTP: Bool = false,
        _ environment: [String: String] = [:]
    ) async throws -> ServeConfiguration {
        try await withFile(text) { path in
            try ServeConfiguration.load(
                listen: listen, dataDirectory: dataDirectory, file: path, insecureHTTP: insecureHTTP,
                environment: { environment[$0] })
        }
    }

    private func tcp(_ host: String, _ port: Int) -> APIServer.Address { .tcp(host: host, port: port) }

    @Test func withoutSettingsTheServerIsLocal() throws {
        let settings = try ServeConfiguration.load(
            listen: nil, dataDirectory: nil, file: nil, insecureHTTP: false, environment: { _ in nil })
        #expect(settings.address == tcp("127.0.0.1", 8080))
        #expect(settings.dataDirectory == "/var/lib/outpost")
    }

    @Test func eachPlaceWinsOverTheNext() async throws {
        let file = "listen: 127.0.0.1:1\ndata_dir: /file"
        let environment = ["OUTPOST_LISTEN": "127.0.0.1:2", "OUTPOST_DATA_DIR": "/environment"]
        let first = try await load(file)
        #expect(first.address == tcp("127.0.0.1", 1) && first.dataDirectory == "/file")
        let second = try await load(file, environment)
        #expect(second.address == tcp("127.0.0.1", 2) && second.dataDirectory == "/environment")
        let third = try await load(file, listen: "127.0.0.1:3", dataDirectory: "/flag", environment)
        #expect(third.address == tcp("127.0.0.1", 3) && third.dataDirectory == "/flag")
    }

    @Test func theFlagForTheFileWinsOverTheVariable() async throws {
        try await withFile("slots: 70") { flag in
            try await withFile("slots: 80") { variable in
                func slots(_ file: String?) throws -> UInt32 {
                    try ServeConfiguration.load(
                        listen: nil, dataDirectory: nil, file: file, insecureHTTP: false,
                        environment: { $0 == "OUTPOST_CONFIG" ? variable : nil }
                    ).slots
                }
                let seen = [try slots(flag), try slots(nil)]
                #expect(seen == [70, 80])
            }
        }
    }

    @Test func tokensAreNotSentInPlainTextUnlessTheOperatorSaysSo() async throws {
        let error = await #expect(throws: OutpostError.self) { _ = try await load("", listen: "0.0.0.0:80") }
        #expect(error?.message.contains("plain HTTP on 0.0.0.0:80 would send tokens unencrypted") == true)
        for settings in [
            try await load("", listen: "0.0.0.0:80", insecureHTTP: true),
            try await load("insecure_http: true", listen: "0.0.0.0:80"),
            try await load("tls: {cert: /c, key: /k}", listen: "0.0.0.0:80"),
        ] { #expect(settings.address == tcp("0.0.0.0", 80)) }
        for local in ["localhost:80", "127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "unix:/run/outpost.sock"] {
            _ = try await load("", listen: local)
        }
    }

    @Test func aRelativeDataDirectoryIsBelowTheWorkingDirectory() async throws {
        let settings = try await load("data_dir: data")
        #expect(settings.dataDirectory.hasPrefix("/") && settings.dataDirectory.hasSuffix("/data"))
    }

    @Test func theQuotasOfJobsAreThoseOfTheEngine() async throws {
        let settings = try await load("quotas: {default: {stored_results_mb: 5}}")
        #expect(settings.jobs.quotas.limit(.storedResults, in: .default) == 5)
        #expect(settings.jobs.quotas == settings.engine.quotas)
    }

    @Test(
        arguments: [
            (":80", .tcp(host: "0.0.0.0", port: 80)), ("[::]:0", .tcp(host: "::", port: 0)),
            ("example.org:65535", .tcp(host: "example.org", port: 65_535)), ("unix:/s", .unix(path: "/s")),
        ] as [(String, APIServer.Address)])
    func anAddress(text: String, expected: APIServer.Address) throws {
        #expect(try APIServer.Address(text) == expected)
    }

    @Test(arguments: [
        "", "80", "host", "host:", "host:x", "host:65536", "host:-1", "unix:", "unix:relative",
        "unix:/" + String(repeating: "x", count: 107),
    ])
    func whatIsNoAddressIsRefused(text: String) {
        let error = #expect(throws: OutpostError.self) { try APIServer.Address(text) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func portsBelow1024NeedAPrivilege() throws {
        let low = try ["h:1", "h:1023", "h:0", "h:1024", "unix:/s"].map { try APIServer.Address($0).lowPort }
        #expect(low == [true, true, false, false, false])
    }
}
