// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct FullDisk {
        @Test(.enabled(if: HostProcesses.isRoot, "mounting a small disk needs root"))
        func writesAreRefusedReadsGoOnAndAllWorksAgainWhenThereIsRoom() async throws {
            try await SmallDisk.with(mebibytes: 192) { disk in
                try await ServerFixture.withServer(on: DataDirectory(path: disk.path + "/data")) { server in
                    let api = server.api
                    let create: JSONValue = [
                        "language": "bash", "mode": "stateful", "resource_limits": ["disk_mb": 32],
                    ]
                    let before = try await api.createSandbox(create)
                    _ = try await api.exec(before, code: "echo kept > file; sync")
                    try await disk.whileFull {
                        for path in [api.sandboxPath(), "/auth/v1/pat"] {
                            let body: JSONValue = path == api.sandboxPath() ? create : ["name": "no-room"]
                            let refused = try await api.send("POST", path, json: body)
                            #expect(refused.status == 507, "\(path): \(refused)")
                            #expect(try refused.error().code == .insufficientStorage)
                        }
                        // The kernel takes no more writes of a disk whose own records it could not keep.
                        let lost = try await api.send(
                            "POST", api.sandboxPath("/\(before.id)/exec"),
                            json: [
                                "code": "for d in {a..e}; do for i in {1..80}; do mkdir $d$i; done; sync; done; exit 0"
                            ])
                        #expect(lost.status == 507, "\(lost)")
                        #expect(try await api.sandboxes().items.map(\.id) == [before.id])
                        #expect(try await api.sandbox(before.id).status == .ready)
                        #expect(try await api.send("GET", "/healthz").status == 200)
                    }
                    let after = try await api.createSandbox(create)
                    #expect(try await api.exec(after, code: "echo well").stdout.text == "well\n")
                    #expect(try await api.exec(before, code: "cat file").stdout.text == "kept\n")
                    try await api.deleteSandbox(before.id)
                    try await api.deleteSandbox(after.id)
                }
            }
        }
    }
}
