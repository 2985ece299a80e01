// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

/// The migration of the table of processes. `document` is JSON.
let processTables = """
    CREATE TABLE processes (
        id TEXT NOT NULL PRIMARY KEY,
        namespace TEXT NOT NULL,
        sandbox TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        document TEXT NOT NULL,
        stdout BLOB NOT NULL,
        stderr BLOB NOT NULL
    ) STRICT;
    """

/// Stores processes in SQLite.
struct SQLiteProcessStore: ProcessStore {
    let database: SQLiteDatabase

    func put(_ process: StoredProcess) async throws(OutpostError) {
        try await database.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO processes (id, namespace, sandbox, started_at, document, stdout, stderr)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """)
            let document = try JSONEncoder().encode(ProcessDocument(process.process))
            try statement.execute(arguments: [
                process.process.id.rawValue, process.namespace.rawValue, process.process.sandboxID.rawValue,
                process.process.startedAt.milliseconds, String(decoding: document, as: UTF8.self),
                Data(process.stdout), Data(process.stderr),
            ])
        }
    }

    func delete(_ ids: [ProcessID]) async throws(OutpostError) {
        try await database.write { database in
            let statement = try database.cachedStatement(sql: "DELETE FROM processes WHERE id = ?")
            for id in ids { try statement.execute(arguments: [id.rawValue]) }
        }
    }

    func all() async throws(OutpostError) -> [StoredProcess] {
        try await database.write { database in
            let rows = try Row.fetchAll(database, sql: "SELECT * FROM processes ORDER BY started_at, id")
            var processes: [StoredProcess] = []
            for row in rows {
                do {
                    processes.append(try StoredProcess(row: row))
                } catch is UndecodableRecord {
                    // Its process has ended with its server, so nothing of value is lost.
                    let id: DatabaseValue = row["id"]
                    try database.execute(sql: "DELETE FROM processes WHERE id = ?", arguments: [id])
                }
            }
            return processes
        }
    }
}

extension StoredProcess {
    /// - Throws: `UndecodableRecord`, which names the column.
    fileprivate init(row: Row) throws {
        let text: String = try row.decoded("document")
        guard let document = try? JSONDecoder().decode(ProcessDocument.self, from: Data(text.utf8)),
            document.version == ProcessDocument.version
        else { throw UndecodableRecord(reason: "document is of another version") }
        let (stdout, stderr): (Data, Data) = (try row.decoded("stdout"), try row.decoded("stderr"))
        self.init(
            try document.process(
                id: try row.decoded("id") { ProcessID($0) }, sandbox: try row.decoded("sandbox") { SandboxID($0) },
                startedAt: try row.decodedTimestamp("started_at")),
            in: try row.decoded("namespace") { NamespaceName($0) }, stdout: Array(stdout), stderr: Array(stderr))
    }
}

/// The JSON of a process, without what has columns.
private struct ProcessDocument: Codable {
    static let version = 1

    var version = Self.version
    let name: String?
    let command: [String]
    let status: String
    let exitCode: Int?
    let signal: String?
    let cause: String?
    let rows: Int?
    let columns: Int?
    let pid: Int?
    let stdoutBytes: Int
    let stderrBytes: Int
    let cpuTimeMilliseconds: Double
    let memoryPeakBytes: Int?
    let endedAt: Int64?

    init(_ process: SandboxProcess) {
        name = process.name
        command = process.command
        status = process.status.rawValue
        exitCode = process.exitCode
        signal = process.signal
        cause = process.cause?.rawValue
        rows = process.terminal?.rows
        columns = process.terminal?.columns
        pid = process.pid
        stdoutBytes = process.stdoutBytes
        stderrBytes = process.stderrBytes
        cpuTimeMilliseconds = process.cpuTimeMilliseconds
        memoryPeakBytes = process.memoryPeakBytes
        endedAt = process.endedAt?.milliseconds
    }

    /// - Throws: `UndecodableRecord` for an unknown status.
    func process(id: ProcessID, sandbox: SandboxID, startedAt: Timestamp) throws -> SandboxProcess {
        guard let status = ProcessStatus(rawValue: status) else {
            throw UndecodableRecord(reason: "status is '\(status)'")
        }
        var terminal: ProcessTerminal?
        if let rows, let columns { terminal = ProcessTerminal(rows: rows, columns: columns) }
        return SandboxProcess(
            id: id, sandboxID: sandbox, name: name, command: command, status: status, exitCode: exitCode,
            signal: signal, cause: cause.flatMap(ProcessCause.init(rawValue:)), terminal: terminal, pid: pid,
            stdoutBytes: stdoutBytes, stderrBytes: stderrBytes, cpuTimeMilliseconds: cpuTimeMilliseconds,
            memoryPeakBytes: memoryPeakBytes, startedAt: startedAt,
            endedAt: endedAt.map(Timestamp.init(milliseconds:)))
    }
}
