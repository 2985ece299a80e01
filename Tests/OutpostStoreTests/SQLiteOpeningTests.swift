// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore
import Testing

@testable import OutpostStoreSQLite

struct SQLiteOpeningTests {
    @Test func theWriterCommitsDurablyInWriteAheadMode() async throws {
        try await withDatabasePath { path in
            let database = try SQLiteDatabase(path: path)
            let settings = try await database.write { database in
                [
                    try String.fetchOne(database, sql: "PRAGMA synchronous"),
                    try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                ]
            }
            #expect(settings == ["2", "wal"])
            try await database.close()
        }
    }

    @Test func everyFileIsTheOwnersAlone() async throws {
        try await withDatabasePath { path in
            try Data().write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            let stores = try SQLiteStores.open(path: path)
            try await stores.sandboxes.insert(.sample())
            for file in [path, path + "-wal", path + "-shm"] {
                let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(file)")
            }
            try await stores.close()
        }
    }

    @Test func whatWasWrittenIsThereAfterReopening() async throws {
        try await withDatabasePath { path in
            let sandbox = Sandbox.sample()
            let before = try SQLiteStores.open(path: path)
            try await before.sandboxes.insert(sandbox)
            try await before.close()
            let after = try SQLiteStores.open(path: path)
            #expect(try await after.sandboxes.all().sandboxes == [sandbox])
            try await after.close()
        }
    }

    /// The files as a crash leaves them: never closed, the commit in the journal only.
    @Test func whatWasWrittenIsThereAfterACrash() async throws {
        try await withDatabasePath { path in
            let sandbox = Sandbox.sample()
            let before = try SQLiteStores.open(path: path)
            try await before.sandboxes.insert(sandbox)
            let copy = path + ".copy"
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            try await before.close()
            let after = try SQLiteStores.open(path: copy)
            #expect(try await after.sandboxes.all().sandboxes == [sandbox])
            try await after.close()
        }
    }

    @Test func aNewerSchemaIsRefused() async throws {
        try await withDatabasePath { path in
            try await SQLiteStores.open(path: path).close()
            try await DatabaseQueue(path: path).write { database in
                try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('9999')")
            }
            let error = try await expectError(.internal) { _ = try SQLiteStores.open(path: path) }
            #expect(error.message.contains("newer version"))
            #expect(error.message.contains(path))
        }
    }

    @Test func aFileThatIsNoDatabaseIsRefusedAndKept() async throws {
        try await withDatabasePath { path in
            let content = Data("This is somebody's letter, not a database. ".utf8 + Array(repeating: 65, count: 4096))
            try content.write(to: URL(fileURLWithPath: path))
            let error = try await expectError(.internal) { _ = try SQLiteStores.open(path: path) }
            #expect(error.message.contains("damaged"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
        }
    }

    @Test func aMissingFolderIsNamed() async throws {
        try await withDatabasePath { path in
            let error = try await expectError(.internal) { _ = try SQLiteStores.open(path: path + "/no/such.db") }
            #expect(error.message.contains(path + "/no/such.db"))
        }
    }

    @Test func callsAfterClosingFail() async throws {
        try await withDatabasePath { path in
            let stores = try SQLiteStores.open(path: path)
            try await stores.close()
            try await expectError(.internal) { _ = try await stores.sandboxes.all() }
            try await expectError(.internal) { try await stores.sandboxes.insert(.sample()) }
        }
    }
}
