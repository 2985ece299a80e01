// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

extension CgroupTree {
    /// A descriptor that becomes readable when the memory limit killed something, so that the rest of a run can be ended
    /// too. Version 2 needs none: `memory.oom.group` kills the whole cgroup.
    public func memoryAlarm(_ name: String) throws(SystemError) -> Descriptor? {
        guard !layout.isUnified(.memory), let mount = layout.legacy[CgroupController.memory.rawValue] else {
            return nil
        }
        let directory = path(mount, name)
        let alarm = Descriptor(owning: try shim("eventfd") { outpost_eventfd() })
        let control = try files.open("\(directory)/memory.oom_control", .readOnly)
        // cgroup-v1/memory.rst, section 10: "<event_fd> <fd of memory.oom_control>".
        try files.write("\(directory)/cgroup.event_control", "\(alarm.number) \(control.number)")
        return alarm
    }
}
