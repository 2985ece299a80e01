// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The file that tells a sandbox which processors are online, from which the C library counts them (get_nprocs(3)): those
/// that its runs are held to. One for each range of ids, in the spawner's root, where no sandbox can reach it but as a mount
/// that is read-only. The lists of possible and present processors stay the host's, since numbers in a mask are below them.
enum ProcessorList {
    /// Beside the place where sandboxes are built.
    static let directory = "/online"

    /// How a sandbox that is being built gets it. A disk may be without the place, by an earlier run.
    static func step(_ request: LaunchRequest) -> ChildStep {
        SandboxLayout.attach(.processors, at: "/sys/devices/system/cpu/online", request, isOptional: true)
    }

    /// The file of the sandbox in this range, for it to attach.
    static func mount(_ slot: UInt32) throws(SystemError) -> DetachedMount {
        let mount = try DetachedMount.clone(of: path(slot))
        try mount.restrict([.readOnly, .noSetUID, .noDevices, .noExecute])
        return mount
    }

    private static func path(_ slot: UInt32) -> String { "\(directory)/\(slot)" }

    /// Writes what the sandbox in this range finds from now on. Its first line is whole at any moment: a list that is shorter
    /// than the one before ends with its line before the rest is cut off.
    static func write(_ processors: ProcessorSet, slot: UInt32) throws(SystemError) {
        let file = try Descriptor.open(path(slot), [.writeOnly, .create], mode: 0o644)
        let text = Array((processors.list + "\n").utf8)
        try file.writeAll(text)
        try file.cut(to: text.count)
    }
}
