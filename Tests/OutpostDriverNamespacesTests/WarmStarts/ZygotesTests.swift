// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// Interpreters that others are copied from: when one is started, shared, replaced and ended.
@Suite(.reactor)
struct ZygotesTests {
    @Reactor private func code(_ body: () async throws(OutpostError) -> Zygote) async -> ErrorCode? {
        do throws(OutpostError) { _ = try await body() } catch { return error.code }
        return nil
    }

    @Test @Reactor func callsThatComeTogetherShareOneStart() async throws {
        try await ZygoteFixture.with { fixture in
            let calls = (0..<4).map { _ in
                Task { @Reactor in try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1") }
            }
            let first = try await calls[0].value
            for call in calls { #expect(try await call.value === first) }
            #expect(try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1") === first)
            #expect(fixture.launches == 1 && ZygoteFixture.slots.contains(first.slot))
            #expect(fixture.requests.contains(.zygote(slot: first.slot)))
            #expect(first.isCurrent("1") && !first.isCurrent("2"))
        }
    }

    @Test @Reactor func anotherKindHasOneOfItsOwnAsLongAsThereIsRoom() async throws {
        try await ZygoteFixture.with { fixture in
            let first = try await fixture.zygotes.zygote(for: ZygoteFixture.key("/a"), generation: "1")
            let second = try await fixture.zygotes.zygote(for: ZygoteFixture.key("/b"), generation: "1")
            #expect(first.slot != second.slot)
            let refusal = await code { () throws(OutpostError) in
                try await fixture.zygotes.zygote(for: ZygoteFixture.key("/c"), generation: "1")
            }
            #expect(refusal == .unavailable)
            #expect(fixture.launches == 2 && fixture.destroyed.isEmpty)
        }
    }

    @Test @Reactor func oneOfAnOlderImageIsReplacedAndEnds() async throws {
        try await ZygoteFixture.with { fixture in
            let old = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
            let new = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "2")
            #expect(new !== old && new.isCurrent("2") && !old.isCurrent("1"))
            await fixture.waitForDestroy(old.slot)
            #expect(fixture.launches == 2 && !fixture.destroyed.contains(new.slot))
        }
    }

    @Test @Reactor func oneThatIsReplacedLivesAsLongAsItsCopies() async throws {
        try await ZygoteFixture.with { fixture in
            let old = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
            for _ in 0..<2 { old.began() }
            old.ended()
            let new = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "2")
            _ = try await fixture.client.call(.ping)
            #expect(fixture.destroyed.isEmpty && new.slot != old.slot)
            old.ended()
            await fixture.waitForDestroy(old.slot)
        }
    }

    @Test @Reactor func callsThatFindAnOlderOneShareTheNext() async throws {
        try await ZygoteFixture.with { fixture in
            let old = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
            let calls = (0..<3).map { _ in
                Task { @Reactor in try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "2") }
            }
            let new = try await calls[0].value
            for call in calls { #expect(try await call.value === new) }
            #expect(new !== old && fixture.launches == 2)
        }
    }

    @Test @Reactor func oneThatHasEndedIsReplaced() async throws {
        try await ZygoteFixture.with { fixture in
            let old = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
            try fixture.endInterpreter(in: old.slot)
            await fixture.waitForDestroy(old.slot)
            #expect(!old.isCurrent("1"))
            let new = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
            #expect(new !== old && new.isCurrent("1"))
        }
    }

    @Test @Reactor func aStartThatIsRefusedLeavesItsSlotAndTheNextCallStartsAnew() async throws {
        try await ZygoteFixture.with { fixture in
            for _ in 0..<ZygoteFixture.slots.count + 1 {
                fixture.refusals = 1
                let refusal = await code { () throws(OutpostError) in
                    try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
                }
                #expect(refusal == .internal)
            }
            let zygote = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
            #expect(zygote.isCurrent("1") && fixture.destroyed.isEmpty)
        }
    }

    /// One that nobody knows would hold its slot until the server ends.
    @Test @Reactor func thoseWhoWaitedForAStartThatFailedShareTheNext() async throws {
        try await ZygoteFixture.with { fixture in
            fixture.isHeld = true
            fixture.refusals = 1
            let calls = (0..<4).map { _ in
                Task { @Reactor in try? await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1") }
            }
            await fixture.wait(for: 1) { if case .launch = $0 { true } else { false } }
            try fixture.release()
            var found: [Zygote] = []
            for call in calls { if let zygote = await call.value { found.append(zygote) } }
            #expect(found.count == 3 && found.allSatisfy { $0 === found[0] })
            #expect(fixture.launches == 2)
        }
    }

    @Test(arguments: [FakeAgent.Behaviour.reportsNothing, .endsEarly])
    @Reactor func aStartThatFailsInTheSandboxLeavesNothing(behaviour: FakeAgent.Behaviour) async throws {
        try await ZygoteFixture.with { fixture in
            fixture.behaviour = behaviour
            let refusal = await code { () throws(OutpostError) in
                try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
            }
            #expect(refusal == .internal)
            await fixture.waitForDestroy(10)
            #expect(fixture.requests.allSatisfy { if case .zygote = $0 { false } else { true } })
            fixture.behaviour = .ordinary
            let zygote = try await fixture.zygotes.zygote(for: ZygoteFixture.key(), generation: "1")
            #expect(zygote.isCurrent("1"))
        }
    }
}
