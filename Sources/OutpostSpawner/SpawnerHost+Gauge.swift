// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

extension SpawnerHost {
    /// Reads what the runs of a sandbox have used since its start and use now.
    ///
    /// The counters of the sandbox's own cgroup would not do: earlier sandboxes of the tenant have used the same cgroup.
    func gauge(_ slot: UInt32) throws(SystemError) -> SandboxGauge {
        let group = try group(slot)
        var total = sandboxes[slot]?.finished ?? FinishedRuns()
        for run in runs.values where run.slot == slot {
            total.cpuMicroseconds += try tree.cpuMicroseconds(run.name)
            total.throttledMicroseconds += try tree.throttledMicroseconds(run.name)
            total.memoryPeakBytes = max(total.memoryPeakBytes, try tree.memoryPeak(run.name))
        }
        let disk = try FileSystemSpace.used(inSandbox: try process(slot))
        return SandboxGauge(
            cpuMicroseconds: UInt64(total.cpuMicroseconds), throttledMicroseconds: UInt64(total.throttledMicroseconds),
            memoryBytes: UInt64(try tree.memoryBytes(group.path)), memoryPeakBytes: UInt64(total.memoryPeakBytes),
            processes: UInt64(max(0, try tree.processCount(group.path) - tree.processCount(group.agent))),
            diskUsedBytes: UInt64(disk.bytes), diskUsedFiles: UInt64(disk.files))
    }

    /// Lets a child take back the memory of a sandbox. It can take seconds, and other requests do not wait for it.
    mutating func reclaim(_ slot: UInt32) throws(SystemError) {
        guard let (file, value) = try tree.reclaiming(try group(slot).path) else { return }
        // Nobody reads it: what the kernel cannot take back stays.
        let failures = try Descriptor.pipe(nonBlockingRead: true)
        errands.append(
            try ChildProcess.clone(
                sandboxed: false, failures: failures.write,
                [.closeFrom(3, atOnce: true), .writeSetting(file, value, isOptional: true), .exit(0)]))
    }

    /// Adds the counters of a run that is being finished to those of its sandbox. Sandboxes without a disk serve one run and
    /// are not asked.
    mutating func count(_ usage: CgroupUsage, of run: String, in slot: UInt32) {
        guard sandboxes[slot]?.disk != nil else { return }
        let known = sandboxes[slot]?.finished ?? FinishedRuns()
        sandboxes[slot]?.finished = FinishedRuns(
            cpuMicroseconds: known.cpuMicroseconds + usage.cpuMicroseconds,
            // A counter that cannot be read must not keep the run from its end.
            throttledMicroseconds: known.throttledMicroseconds + ((try? tree.throttledMicroseconds(run)) ?? 0),
            memoryPeakBytes: max(known.memoryPeakBytes, usage.memoryPeakBytes))
    }
}
