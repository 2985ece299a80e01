// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostStore
import OutpostStoreSQLite
import Testing

struct DiskFullTests {
    @Test(.enabled(if: ProcessInfo.processInfo.userName == "root", "mounting a small file system takes root"))
    func onAFullDiskWritesAreRefusedAndReadsGoOn() async throws {
        try await withSmallFileSystem(bytes: 1 << 20) { folder in
            let ballast = folder + "/ballast"
            let stores = try SQLiteStores.open(path: folder + "/outpost.db")
            let first = Sandbox.sample(createdAt: .second(0))
            try await stores.sandboxes.insert(first)
            let free = try #require(
                try FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize] as? Int)
            try Data(count: free - 65_536).write(to: URL(fileURLWithPath: ballast))

            let large = ["note": String(repeating: "x", count: 20_000)]
            let refusal = try await expectError(.insufficientStorage) {
                for _ in 0..<100 { try await stores.sandboxes.insert(.sample(metadata: large)) }
            }
            #expect(refusal.message.contains("disk"))
            let count = try await stores.sandboxes.all().sandboxes.count
            #expect((1..<100).contains(count))
            #expect(try await stores.sandboxes.all().sandboxes.contains(first))

            try FileManager.default.removeItem(atPath: ballast)
            try await stores.sandboxes.insert(.sample(metadata: large))
            #expect(try await stores.sandboxes.all().sandboxes.count == count + 1)
            try await stores.close()
        }
    }
}

private func withSmallFileSystem(bytes: Int, _ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("outpost-full-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", folder])
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(folder))
    } catch {
        result = .failure(error)
    }
    try run("/bin/umount", ["--lazy", folder])
    try FileManager.default.removeItem(atPath: folder)
    try result.get()
}

private func run(_ program: String, _ arguments: [String]) throws {
    let process = try Process.run(URL(fileURLWithPath: program), arguments: arguments)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(program) \(arguments)")
}
