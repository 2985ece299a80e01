// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore
import OutpostStoreSQLite
import Testing

struct SQLiteDamageTests {
    /// The row as version 0001 writes it. When this fails, databases in the field no longer read.
    @Test func aRowOfTheFirstReleaseIsStillRead() async throws {
        try await withDatabasePath { path in
            try await SQLiteStores.open(path: path).close()
            try await execute(
                """
                INSERT INTO sandboxes VALUES ('sbx_00000000000a', 'default', 'box', 'python', 'stateful', 'ready',
                1790000000000, 1790000000000, NULL, '{"environment":[{"name":"B","value":"1"},
                {"name":"A","value":""},{"name":"B","value":"2"}],"image":"host","limits":{"cpuCores":1,"diskMiB":1024,
                "maxOutputBytes":1048576,"maxProcesses":128,"memoryMiB":512,"timeoutMilliseconds":30000},
                "metadata":{"team":"blue"},"security":{"isolation":"gvisor","preset":"strict","seccompEnabled":false,
                "user":{"gid":0,"home":"/root","name":"root","uid":0}},"timeToLiveSeconds":3600,
                "workingDirectory":"/home/sandbox"}')
                """, in: path)
            let stores = try SQLiteStores.open(path: path)
            let id = try #require(SandboxID("sbx_00000000000a"))
            let expected = Sandbox.sample(id: id, metadata: ["team": "blue"])
            #expect(try await stores.sandboxes.all().sandboxes == [expected])
            try await stores.close()
        }
    }

    @Test(arguments: [
        ("id = 'sbx_/../../../etc'", "id"), ("namespace = 'No Such'", "namespace"), ("mode = 'eternal'", "mode"),
        ("status = 'odd'", "status"), ("document = '{\"image\":'", "document"), ("document = '{}'", "document"),
        ("document = json_set(document, '$.version', 2)", "document is of version 2"),
    ])
    func aDamagedRecordIsSetAsideAndTheOthersServed(damage: (sql: String, column: String)) async throws {
        try await withDatabasePath { path in
            let damaged = Sandbox.sample(createdAt: .second(1))
            let sound = Sandbox.sample(createdAt: .second(2))
            let before = try SQLiteStores.open(path: path)
            for sandbox in [damaged, sound] { try await before.sandboxes.insert(sandbox) }
            try await before.close()
            try await execute("UPDATE sandboxes SET \(damage.sql) WHERE id = '\(damaged.id)'", in: path)

            let stores = try SQLiteStores.open(path: path)
            for _ in 0..<2 {
                let inventory = try await stores.sandboxes.all()
                #expect(inventory.sandboxes == [sound])
                #expect(inventory.quarantined.count == 1)
                #expect(inventory.quarantined.first?.reason.hasPrefix(damage.column) == true)
            }
            try await stores.close()
            let content = try await text("SELECT content FROM sandbox_quarantine", in: path)
            #expect(content.contains(", \(damaged.createdAt.milliseconds), "))
        }
    }

    @Test(arguments: ["scopes = 'admin sudo'", "namespace = ''", "plan = 'infinite'"])
    func aDamagedTokenLetsNoOneIn(damage: String) async throws {
        try await withDatabasePath { path in
            let hash = [UInt8](repeating: 7, count: 32)
            let stores = try SQLiteStores.open(path: path)
            try await stores.tokens.insert(
                TokenRecord(
                    name: "a", kind: .apiKey, namespace: .default, scopes: [.sandboxRead], plan: .free,
                    secretHash: hash, createdAt: .second(0)))
            try await execute("UPDATE tokens SET \(damage)", in: path)
            try await expectError(.internal) { _ = try await stores.tokens.token(secretHash: hash) }
            #expect(try await stores.tokens.delete(.apiKey, named: "a"))
            try await stores.close()
        }
    }

    @Test func aDamagedPageIsReportedAsDamage() async throws {
        try await withDatabasePath { path in
            let before = try SQLiteStores.open(path: path)
            for _ in 0..<200 { try await before.sandboxes.insert(.sample()) }
            try await before.close()
            try await emptyJournal(of: path)
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            let end = try file.seekToEnd()
            try file.seek(toOffset: 4096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: Int(end) - 4096))
            try file.close()
            let error = try await expectError(.internal) {
                _ = try await SQLiteStores.open(path: path).sandboxes.all()
            }
            #expect(error.message.contains("damaged"), "\(error)")
        }
    }
}

/// Moves every page to the file itself.
private func emptyJournal(of path: String) async throws {
    let queue = try DatabaseQueue(path: path)
    _ = try await queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try queue.close()
}

private func execute(_ sql: String, in path: String) async throws {
    let queue = try DatabaseQueue(path: path)
    try await queue.write { try $0.execute(sql: sql) }
    try queue.close()
}

private func text(_ sql: String, in path: String) async throws -> String {
    let queue = try DatabaseQueue(path: path)
    let text = try await queue.read { try String.fetchOne($0, sql: sql) }
    try queue.close()
    return try #require(text)
}
