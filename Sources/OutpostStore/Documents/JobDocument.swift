// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// A job's request in the form that the store keeps. No query needs its fields.
struct JobDocument: Codable {
    let version: Int
    let execution: ExecutionRequestDocument
    let language: String?
    let sandboxID: String?
    let security: Security?
    let priority: Int
    let maxAttempts: Int
    let callbackURL: String?

    struct Security: Codable {
        let seccompEnabled: Bool
        let user: User
        let preset: String
        let isolation: String?
    }

    struct User: Codable {
        let name: String
        let uid: UInt32
        let gid: UInt32
        let home: String
    }
}

extension JobDocument: VersionedDocument {
    typealias Unversioned = UnversionedJob

    static let version = 1

    init(_ request: JobRequest) {
        version = Self.version
        execution = ExecutionRequestDocument(request.execution)
        language = request.language
        sandboxID = request.sandboxID?.rawValue
        security = request.security.map(Security.init)
        priority = request.priority
        maxAttempts = request.maxAttempts
        callbackURL = request.callbackURL
    }

    func value() throws -> JobRequest {
        JobRequest(
            execution: try execution.value(), language: language,
            sandboxID: try sandboxID.map { try SandboxID(stored: $0, "sandboxID") }, security: try security?.value(),
            priority: priority, maxAttempts: maxAttempts, callbackURL: callbackURL)
    }
}

extension JobDocument.Security {
    init(_ security: SecurityRequest) {
        let user = security.user
        seccompEnabled = security.seccompEnabled
        self.user = JobDocument.User(name: user.name, uid: user.uid, gid: user.gid, home: user.home)
        preset = security.preset
        isolation = security.isolation?.rawValue
    }

    func value() throws -> SecurityRequest {
        SecurityRequest(
            seccompEnabled: seccompEnabled,
            user: SandboxUser(name: user.name, uid: user.uid, gid: user.gid, home: user.home), preset: preset,
            isolation: try isolation.map { try Isolation(stored: $0, "security.isolation") })
    }
}
