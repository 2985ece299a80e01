// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct SandboxUpdateTests {
    @Test func aFieldThatIsLeftOutStaysAndNullRemoves() throws {
        let text =
            #"{"name":null,"ttl_secs":60,"env":[["A","1"]],"metadata":{},"resource_limits":{"memory_mb":64},"on_idle":"pause"}"#
        let update = try SandboxUpdate(request: Array(text.utf8))
        #expect(
            update
                == SandboxUpdate(
                    name: .none, metadata: [:], timeToLiveSeconds: .value(60), idleTimeoutSeconds: .unchanged,
                    environment: [EnvironmentVariable(name: "A", value: "1")],
                    limits: ResourceLimitsRequest(memoryMiB: 64), onIdle: .pause))
        #expect(try SandboxUpdate(request: update.json) == update)
        #expect(try SandboxUpdate(request: Array("{}".utf8)) == SandboxUpdate())
    }

    @Test(arguments: [
        ("network", #"{"egress":"all"}"#), ("ports", #"[{"guest_port":80}]"#), ("health_check", "{}"),
        ("disk_size_gb", "1"),
    ])
    func whatThisVersionLacksIsUnprocessable(name: String, value: String) throws {
        let found = refusal(of: "{\"\(name)\":\(value)}", as: SandboxUpdate.self)
        #expect(found == Refusal(code: .unprocessable, field: name, problem: "is not supported in this version"))
    }

    @Test(arguments: [
        ("mode", #""stateful""#, "is not a known field"), ("ttl_secs", "0", "must be at least 1"),
        ("on_idle", #""sleep""#, nil), ("metadata", "null", nil), ("env", "null", nil), ("name", #""""#, nil),
    ])
    func aBadFieldIsNamed(name: String, value: String, problem: String?) throws {
        let found = try #require(refusal(of: "{\"\(name)\":\(value)}", as: SandboxUpdate.self))
        #expect(found.code == .invalidRequest && found.field == name)
        if let problem { #expect(found.problem == problem) }
    }

    @Test func repliesAreReadAsTheyWereWritten() throws {
        let snapshot = Snapshot(
            namespace: .default, sandboxID: SandboxID(), name: nil, layers: [], bytes: 7,
            createdAt: Timestamp(milliseconds: 1000))
        #expect(try Snapshot(reply: snapshot.json) == snapshot)
        let usage = SandboxUsage(
            cpuMicroseconds: 1500, throttledMicroseconds: 2000, memoryBytes: 3, memoryPeakBytes: 4, processes: 5,
            diskUsedBytes: 6, diskUsedFiles: 7)
        #expect(try SandboxUsage(reply: usage.json) == usage)
        let events = SandboxEventList(
            events: SandboxEvent.Kind.allCases.enumerated().map {
                SandboxEvent(
                    number: UInt64($0 + 1), kind: $1, happenedAt: Timestamp(milliseconds: 1000), reason: "why")
            })
        #expect(try SandboxEventList(reply: events.json) == events)
        #expect(try ForkRequest(request: ForkRequest(count: 3).json) == ForkRequest(count: 3))
        #expect(try ForkRequest(request: Array("{}".utf8)).count == 1)
        #expect(refusal(of: #"{"count":101}"#, as: ForkRequest.self)?.field == "count")
        #expect(try SnapshotRequest(request: SnapshotRequest(name: "a").json).name == "a")
    }

    @Test func queriesAreReadAsTheyWereWritten() throws {
        let list = SnapshotListQuery(list: .init(page: 2, sort: .size), sandbox: SandboxID())
        #expect(try SnapshotListQuery(query: list.pairs) == list)
        #expect(try SandboxEventsQuery(query: SandboxEventsQuery(after: 5).pairs).after == 5)
        #expect(try ResumeQuery(query: ResumeQuery(resume: true).pairs).resume)
        #expect(try !ResumeQuery(query: [(name: "resume", value: "false")]).resume)
        let error = #expect(throws: OutpostError.self) { try ResumeQuery(query: [(name: "resume", value: "yes")]) }
        #expect(error?.fields.map(\.field) == ["resume"])
    }
}
