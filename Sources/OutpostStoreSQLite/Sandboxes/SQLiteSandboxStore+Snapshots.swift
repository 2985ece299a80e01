// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

extension SQLiteSandboxStore {
    func commit(_ change: SandboxChange) async throws(OutpostError) -> Bool {
        try await database.write { database in
            if let sandbox = change.updated {
                guard try sandbox.update(in: database) else { return false }
                try sandbox.id.endSealings(in: database)
            }
            try change.snapshot?.insert(in: database)
            for sandbox in change.inserted { try sandbox.insert(in: database) }
            return true
        }
    }

    func begin(_ sealing: DiskSealing) async throws(OutpostError) {
        try await database.write { database in
            try database.cachedStatement(sql: "INSERT INTO disk_sealings (disk, sandbox) VALUES (?, ?)")
                .execute(arguments: [sealing.disk.rawValue, sealing.sandbox.rawValue])
        }
    }

    func delete(_ id: SnapshotID) async throws(OutpostError) -> Bool {
        try await database.write { database in
            try database.cachedStatement(sql: "DELETE FROM snapshots WHERE id = ?").execute(arguments: [id.rawValue])
            return database.changesCount > 0
        }
    }

    /// Returns all snapshots, oldest first, and moves rows that it cannot read into quarantine.
    static func snapshots(in database: Database) throws -> [Snapshot] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT rowid, \(Snapshot.databaseColumns) FROM snapshots ORDER BY created_at, id")
        var snapshots: [Snapshot] = []
        for row in rows {
            do {
                snapshots.append(try Snapshot(row: row))
            } catch let error as UndecodableRecord {
                try quarantine(row, of: "snapshots", Snapshot.databaseColumns, because: error.reason, in: database)
            }
        }
        return snapshots
    }

    /// Returns the sealings in the order of their beginnings. Those with an id that this server cannot have written have
    /// no disk either.
    static func sealings(in database: Database) throws -> [DiskSealing] {
        try Row.fetchAll(database, sql: "SELECT disk, sandbox FROM disk_sealings ORDER BY number").compactMap { row in
            guard let disk = SealedDiskID(row["disk"] as String), let sandbox = SandboxID(row["sandbox"] as String)
            else { return nil }
            return DiskSealing(sandbox: sandbox, disk: disk)
        }
    }
}

extension Snapshot {
    /// The columns of `snapshots`, in the order of the arguments of `insert`.
    static let databaseColumns = "id, namespace, sandbox, name, layers, bytes, created_at"

    /// - Throws: `conflict` when the table has the id.
    func insert(in database: Database) throws {
        do {
            try database.cachedStatement(
                sql: "INSERT INTO snapshots (\(Self.databaseColumns)) VALUES (?, ?, ?, ?, ?, ?, ?)"
            ).execute(arguments: [
                id.rawValue, namespace.rawValue, sandboxID.rawValue, name,
                layers.map(\.rawValue).joined(separator: " "), bytes, createdAt.milliseconds,
            ])
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY {
            throw OutpostError(.conflict, "snapshot \(id) exists already", cause: error)
        }
    }

    /// - Throws: `UndecodableRecord`, which names the column.
    init(row: Row) throws {
        let layers: String = try row.decoded("layers")
        self.init(
            id: try row.decoded("id") { SnapshotID($0) },
            namespace: try row.decoded("namespace") { NamespaceName($0) },
            sandboxID: try row.decoded("sandbox") { SandboxID($0) },
            name: try row.decodedIfPresent("name"),
            layers: try layers.split(separator: " ").map { text in
                guard let id = SealedDiskID(String(text)) else {
                    throw UndecodableRecord(reason: "layers has '\(text)'")
                }
                return id
            },
            bytes: try row.decoded("bytes"),
            createdAt: try row.decodedTimestamp("created_at"))
    }
}
