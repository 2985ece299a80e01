// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The file with the list of online processors that a sandbox sees: the processors of its runs. The C library counts
/// processors with it (get_nprocs(3)).
///
/// There is one file for each slot, in the spawner's root. A sandbox reaches its file only through a read-only mount. The lists
/// of possible and present processors stay the host's, because the numbers in affinity masks refer to them.
enum ProcessorList {
    /// The directory of the files in the spawner's root.
    static let directory = "/online"

    /// The step that attaches the file in a new sandbox. It is optional, because an earlier run can have removed the mount
    /// point from a disk.
    static func step(_ request: LaunchRequest) -> ChildStep {
        SandboxLayout.attach(.processors, at: "/sys/devices/system/cpu/online", request, isOptional: true)
    }

    /// Clones the mount of the slot's file, read-only.
    static func mount(_ slot: UInt32) throws(SystemError) -> DetachedMount {
        let mount = try DetachedMount.clone(of: path(slot))
        try mount.restrict([.readOnly, .noSetUID, .noDevices, .noExecute])
        return mount
    }

    private static func path(_ slot: UInt32) -> String { "\(directory)/\(slot)" }

    /// Writes the slot's file.
    static func write(_ processors: ProcessorSet, slot: UInt32) throws(SystemError) {
        try writeLine(processors.list + "\n", to: path(slot))
    }
}

/// Writes a line to a file that programs read, and makes the file if it is missing. A concurrent reader always finds a whole
/// first line: the new line is written with its end first, and the rest of a longer old line is cut off after that.
func writeLine(_ line: String, to path: String) throws(SystemError) {
    let file = try Descriptor.open(path, [.writeOnly, .create], mode: 0o644)
    try file.writeAll(Array(line.utf8))
    try file.cut(to: line.utf8.count)
}
