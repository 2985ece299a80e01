// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostClient
import OutpostCore

/// The server, token and namespace of a command. Options win over the environment, which wins over the defaults.
struct ServerSettings: Equatable {
    var url: String
    var token: String?
    var namespace: NamespaceName

    /// Makes the settings from options and environment.
    ///
    /// - Parameters:
    ///   - environment: `OUTPOST_URL`, `OUTPOST_TOKEN` and `OUTPOST_NAMESPACE`. An empty variable counts as unset.
    ///   - adminToken: returns the token of the server on this machine, or nil when it cannot be read. Only a server on
    ///     this machine gets it.
    /// - Throws: `invalid_request` for a malformed URL or namespace.
    init(
        _ options: GlobalOptions, environment: [String: String], adminToken: () -> String?
    ) throws(OutpostError) {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        url = options.url ?? variable("OUTPOST_URL") ?? "http://127.0.0.1:8080"
        namespace = try Self.givenNamespace(options, environment: environment) ?? .default
        token = options.token ?? variable("OUTPOST_TOKEN")
        if token == nil, try ServerAddress(url).isLocal { token = adminToken() }
    }

    /// Makes the settings of this process.
    ///
    /// - Throws: `invalid_request` for a malformed URL or namespace.
    static func process(_ options: GlobalOptions) throws(OutpostError) -> ServerSettings {
        let environment = ProcessInfo.processInfo.environment
        let directory = DataDirectory(environment: environment)
        return try ServerSettings(options, environment: environment) { readAdminToken(directory) }
    }

    /// Returns the namespace that the option or `OUTPOST_NAMESPACE` names; nil when neither does.
    ///
    /// - Throws: `invalid_request` for a malformed name.
    static func givenNamespace(
        _ options: GlobalOptions, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(OutpostError) -> NamespaceName? {
        if let name = options.namespace { return name }
        guard let text = environment["OUTPOST_NAMESPACE"], !text.isEmpty else { return nil }
        guard let name = NamespaceName(text) else {
            throw OutpostError(.invalidRequest, "OUTPOST_NAMESPACE is not a namespace's name: \(text)")
        }
        return name
    }

    /// The configuration of a client with these settings.
    ///
    /// - Throws: `invalid_request` for a malformed token.
    var configuration: OutpostClient.Configuration {
        get throws(OutpostError) { try .init(url: url, token: token, namespace: namespace) }
    }
}

/// Returns nil when the user cannot read a token. The server's error then says that a token is missing.
private func readAdminToken(_ directory: DataDirectory) -> String? {
    guard let text = try? String(contentsOfFile: directory.adminTokenPath, encoding: .utf8) else { return nil }
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return token.isEmpty ? nil : token
}
