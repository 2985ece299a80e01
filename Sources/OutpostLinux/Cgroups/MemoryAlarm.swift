// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

extension CgroupTree {
    /// Returns an eventfd that becomes readable when the kernel kills a process at the memory limit, so that the spawner can
    /// end the rest of the run. Nil with version 2, where `memory.oom.group` kills the whole cgroup.
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
