// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct SandboxReplyTests {
    @Test func aSandboxIsWrittenWithEveryField() throws {
        let golden =
            #"{"id":"sbx_0123456789ab","namespace":"default","name":null,"language":"python","#
            + #""image":"host","mode":"ephemeral","status":"ready","resource_limits":{"memory_mb":512,"cpu_cores":1.0,"#
            + #""timeout_ms":30000,"disk_mb":1024,"gpu":null,"max_processes":128,"max_output_bytes":1048576,"#
            + #""stack_mb":null,"max_file_bytes":null},"#
            + #""env":[["A","1"]],"working_dir":"/home/sandbox","disk_size_gb":null,"ports":[],"#
            + #""security":{"seccomp_enabled":true,"jailer_enabled":false,"user":"sandbox","preset":"default","#
            + #""isolation":"namespaces"},"network":{"egress":"none","allow":[]},"health_check":null,"#
            + #""health":"unknown","metadata":{"a":"1","b":"2"},"ttl_secs":null,"idle_timeout_secs":60,"on_idle":"delete","#
            + #""created_at":"1970-01-01T00:00:00.000Z","last_used_at":"1970-01-01T00:00:01.500Z","expires_at":null}"#
        let sandbox = try sample()
        #expect(String(decoding: sandbox.json.bytes, as: UTF8.self) == golden)
        #expect(try Sandbox(reply: Array(golden.utf8)) == sandbox)
    }

    @Test func everySettingComesBack() throws {
        var sandbox = try sample()
        sandbox.name = "x"
        sandbox.mode = .stateful
        sandbox.security = SandboxSecurity(seccompEnabled: false, user: .root, isolation: .microvm)
        sandbox.timeToLiveSeconds = 5
        sandbox.onIdle = .pause
        sandbox.expiresAt = Timestamp(milliseconds: 5000)
        for status in SandboxStatus.allCases {
            sandbox.status = status
            #expect(try Sandbox(reply: sandbox.json.bytes) == sandbox)
        }
    }

    @Test func aPageComesBackWithItsPlaceInTheList() throws {
        let query = SandboxListQuery(list: ListQuery(page: 2, perPage: 1))
        let page = Page([try sample()], of: 3, query.list)
        #expect(page.totalPages == 3)
        #expect(page.json["pagination"] == ["page": 2, "per_page": 1, "total": 3, "total_pages": 3])
        #expect(try Page<Sandbox>(reply: page.json.bytes) == page)
        #expect(Page<Sandbox>([], of: 0, query.list).totalPages == 0)
    }

    @Test(arguments: ["id", "namespace", "status", "created_at", "resource_limits", "metadata"])
    func aReplyWithoutAFieldIsRefused(field: String) throws {
        var object = try #require(try sample().json.objectValue)
        object[field] = nil
        let error = #expect(throws: OutpostError.self) { try Sandbox(reply: JSONValue.object(object)) }
        #expect(error?.message == "the server sent an unexpected answer: \(field) is required")
    }

    private func sample() throws -> Sandbox {
        Sandbox(
            id: try #require(SandboxID("sbx_0123456789ab")), namespace: .default, name: nil, language: "python",
            image: "host", mode: .ephemeral, status: .ready, limits: .shippedDefaults,
            environment: [.init(name: "A", value: "1")], workingDirectory: "/home/sandbox", security: .init(),
            metadata: ["b": "2", "a": "1"], timeToLiveSeconds: nil, idleTimeoutSeconds: 60,
            createdAt: Timestamp(milliseconds: 0), lastUsedAt: Timestamp(milliseconds: 1500), expiresAt: nil)
    }
}
