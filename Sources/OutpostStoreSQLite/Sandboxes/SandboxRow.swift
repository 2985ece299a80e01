// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore

extension Sandbox {
    /// The columns of `sandboxes`, in the order of `databaseArguments`.
    static let databaseColumns =
        "id, namespace, name, language, mode, status, created_at, last_used_at, expires_at, document"

    func databaseArguments() throws -> StatementArguments {
        [
            id.rawValue, namespace.rawValue, name, language, mode.rawValue, status.rawValue, createdAt.milliseconds,
            lastUsedAt.milliseconds, expiresAt?.milliseconds,
            String(decoding: try JSONEncoder().encode(SandboxDocument(self)), as: UTF8.self),
        ]
    }

    /// Reads a sandbox from a row of `databaseColumns`.
    ///
    /// - Throws: `UndecodableRecord`, which names the column.
    init(row: Row) throws {
        let document = try Sandbox.document(in: row)
        self.init(
            id: try row.decoded("id") { SandboxID($0) },
            namespace: try row.decoded("namespace") { NamespaceName($0) },
            name: try row.decodedIfPresent("name"),
            language: try row.decoded("language"),
            image: document.image,
            mode: try row.decoded("mode", with: SandboxMode.init(rawValue:)),
            status: try row.decoded("status", with: SandboxStatus.init(rawValue:)),
            limits: document.limits.resourceLimits,
            environment: document.environment.map { EnvironmentVariable(name: $0.name, value: $0.value) },
            workingDirectory: document.workingDirectory,
            security: try document.security.sandboxSecurity(),
            metadata: document.metadata,
            timeToLiveSeconds: document.timeToLiveSeconds,
            idleTimeoutSeconds: document.idleTimeoutSeconds,
            createdAt: try row.decodedTimestamp("created_at"),
            lastUsedAt: try row.decodedTimestamp("last_used_at"),
            expiresAt: try row.decodedTimestampIfPresent("expires_at"),
            layers: try document.layerIDs(),
            sealedAfterUse: document.sealedAfterUse.map { Timestamp(milliseconds: $0) },
            onIdle: try document.idleAction())
    }

    private struct DocumentVersion: Decodable {
        let version: Int?
    }

    private static func document(in row: Row) throws -> SandboxDocument {
        let text: String = try row.decoded("document")
        let data = Data(text.utf8)
        do {
            // Documents of another version may have other fields, so the version is read first.
            let version = try JSONDecoder().decode(DocumentVersion.self, from: data).version
            guard version ?? SandboxDocument.version == SandboxDocument.version else {
                throw UndecodableRecord(reason: "document is of version \(version ?? 0)")
            }
            return try JSONDecoder().decode(SandboxDocument.self, from: data)
        } catch let error as UndecodableRecord {
            throw error
        } catch {
            throw UndecodableRecord(reason: "document: \(error)")
        }
    }
}
