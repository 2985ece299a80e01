// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

@testable import OutpostDriverNamespaces

/// Every state and every event, those that must not happen too.
struct SandboxLifecycleTests {
    private static let cause = SystemError("talk to the guest agent", number: SystemError.connectionReset)
    private static let another = SystemError("set-up step 3", number: SystemError.noMemory)

    @Test func oneThatIsUpCanBeLostOnceAndTheFirstCauseCounts() {
        var lifecycle = SandboxLifecycle()
        #expect(lifecycle.isUp && lifecycle.cause == nil)
        #expect(lifecycle.lose(Self.cause) == true)
        #expect(lifecycle.lose(Self.another) == false)
        #expect(!lifecycle.isUp && lifecycle.cause as? SystemError == Self.cause)
    }

    @Test(arguments: [true, false])
    func oneCallDestroysAndTheOthersWait(isLost: Bool) {
        var lifecycle = SandboxLifecycle()
        if isLost { _ = lifecycle.lose(Self.cause) }
        #expect(lifecycle.destroy() == .begin)
        #expect(!lifecycle.isUp && !lifecycle.isDestroyed && lifecycle.cause == nil)
        #expect(lifecycle.destroy() == .wait)
        #expect(lifecycle.lose(Self.cause) == false, "what goes cannot be lost")
        #expect(lifecycle.finish() == true)
        #expect(lifecycle.isDestroyed)
        #expect(lifecycle.destroy() == .nothing)
        #expect(lifecycle.finish() == false, "those who waited are told once")
        #expect(lifecycle.lose(Self.cause) == false)
        #expect(lifecycle.isDestroyed && lifecycle.cause == nil)
    }

    @Test func nothingIsFinishedThatNobodyBegan() {
        var lifecycle = SandboxLifecycle()
        #expect(lifecycle.finish() == false)
        #expect(lifecycle.isUp)
        _ = lifecycle.lose(Self.cause)
        #expect(lifecycle.finish() == false)
        #expect(!lifecycle.isDestroyed)
    }
}
