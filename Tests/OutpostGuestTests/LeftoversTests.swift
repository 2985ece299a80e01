// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostGuest

/// Folders of ended programs that cannot be removed at once.
struct LeftoversTests {
    /// Starts no child, and fails as often as a test says.
    private final class Children {
        var failures = 0
        var removed: [String] = []
    }

    private func leftovers(_ children: Children) -> Leftovers {
        Leftovers(CgroupView()) { (folder, _, _) throws(SystemError) in
            if children.failures > 0 {
                children.failures -= 1
                throw SystemError("clone", number: SystemError.tryAgain)
            }
            children.removed.append(folder.root)
            return Int32(children.removed.count)
        }
    }

    private func program(_ process: UInt32, _ root: String = "/tmp/a", waits: Bool = false) -> GuestProgram {
        GuestProgram(
            process: process, descriptors: 0, uid: 1, gid: 1, arguments: [], environment: [], directory: "/",
            limits: [],
            filters: [],
            folder: RunFolder(
                root: root, workingDirectory: "/workspace", options: waits ? [.waits] : [.isNew, .endsWithProgram]))
    }

    @Test func aFolderThatCannotBeRemovedIsTriedAgainLater() {
        let children = Children()
        var leftovers = leftovers(children)
        for (process, root) in [(1, "/tmp/a"), (2, "/tmp/b")] as [(UInt32, String)] {
            leftovers.started(program(process, root), seesView: false)
            leftovers.ended(program(process, root), hasFailed: false)
        }
        #expect(leftovers.patience == 10)
        children.failures = 1
        leftovers.clear()
        #expect(children.removed == ["/tmp/b"])
        #expect(leftovers.patience == 1000, "a sandbox at its limit must not try all the time")
        leftovers.clear()
        #expect(children.removed == ["/tmp/b", "/tmp/a"])
        #expect(leftovers.patience == -1)
        #expect(leftovers.reaped(1) && leftovers.isClearing && leftovers.reaped(2) && !leftovers.isClearing)
    }

    @Test(arguments: [false, true]) func aFolderIsNotRemovedFromTheNextProgram(waits: Bool) {
        let children = Children()
        var leftovers = leftovers(children)
        leftovers.started(program(1), seesView: false)
        leftovers.ended(program(1), hasFailed: false)
        children.failures = 1
        leftovers.clear()
        leftovers.started(program(2, waits: waits), seesView: false)
        leftovers.clear()
        #expect(children.removed.isEmpty && leftovers.patience == -1)
    }
}
