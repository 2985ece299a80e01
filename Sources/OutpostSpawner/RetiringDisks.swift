// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The disks of dead sandboxes that children write to the host's disk and then unmount. An unmount also empties the page cache
/// of the disk, which takes most of a second for some gigabytes. Nobody needs to wait for it.
struct RetiringDisks {
    /// A sandbox that is being retired.
    struct Retirement {
        let request: UInt64
        /// Keeps the file system mounted after the death of the sandbox.
        let mount: DetachedMount
    }

    private struct Report {
        let pipe: Descriptor
        let slot: UInt32
        let request: UInt64
    }

    /// By the number of the pipe.
    private var reports: [Int32: Report] = [:]

    /// The descriptors that become readable when a child reports.
    var descriptors: [Int32] { Array(reports.keys) }

    /// Starts a child. The caller then closes the mount: the child must be the last that has it.
    mutating func start(_ retirement: Retirement, _ disk: MountedDisk, slot: UInt32) throws(SystemError) -> ChildProcess
    {
        let pipe = try Descriptor.pipe(nonBlockingRead: true)
        let (mount, image, report): (Int32, Int32, Int32) = (3, 4, 5)
        guard [retirement.mount.descriptor, disk.image, pipe.write].allSatisfy({ $0.number > report }) else {
            throw SystemError("pass a disk to a child", number: SystemError.busy)
        }
        // The child must not keep the descriptors of other sandboxes.
        let child = try ChildProcess.clone(
            sandboxed: false, failures: pipe.write,
            [
                .duplicate(retirement.mount.descriptor.number, to: mount), .duplicate(disk.image.number, to: image),
                .duplicate(pipe.write.number, to: report), .closeFrom(UInt32(report) + 1, atOnce: true),
                .synchronize(mount: mount), .write(descriptor: report, [1]), .makeReadOnly(mount: mount),
                .shareLock(image), .exit(0),
            ])
        reports[pipe.read.number] = Report(pipe: pipe.read, slot: slot, request: retirement.request)
        return child
    }

    /// Reads and forgets the report at a descriptor. Nil when there is none yet.
    mutating func takeReport(_ descriptor: Int32) -> (slot: UInt32, request: UInt64, isDurable: Bool)? {
        guard let report = reports.removeValue(forKey: descriptor) else { return nil }
        var byte: [UInt8] = [0]
        let count = (try? report.pipe.read(into: &byte)).flatMap(\.self)
        return (report.slot, report.request, count == 1 && byte == [1])
    }
}
