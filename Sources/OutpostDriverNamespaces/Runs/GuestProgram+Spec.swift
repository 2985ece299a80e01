// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

extension GuestProgram {
    /// For each user of a sandbox. What the queues hold is charged to the run (ipc/msgutil.c, `GFP_KERNEL_ACCOUNT`).
    ///
    /// What the kernel gives to everybody (`MQ_BYTES_MAX`, include/uapi/linux/resource.h), nine queues of the usual size, if
    /// there is enough for many. Copies of one interpreter share what the server may have; where that is little, each gets
    /// one such queue, so that no tenant has what is there for all.
    static let messageQueueBytes =
        CreatorLimits.bound(.messageQueueBytes) / forks >= usualQueueBytes ? usualQueueBytes : oneQueueBytes

    static let usualQueueBytes: UInt64 = 819_200
    /// 10 messages of 8,192 bytes, what the kernel needs to hold them, and a small queue beside.
    private static let oneQueueBytes: UInt64 = 98_304
    /// Of one interpreter, at one time.
    static let forks: UInt64 = 256

    /// The program as the agent gets it, with the limits that hold for each of its processes.
    init(
        _ program: ProgramSpec, process: UInt32, descriptors: UInt8, filters: [[UInt8]], channels: UInt8,
        processors: ProcessorSet, isZygote: Bool = false
    ) {
        let file = program.limits.maxFileBytes.map { UInt64($0) } ?? UInt64(program.limits.diskMiB) << 20
        var limits: [(ResourceLimit, UInt64)] = [
            (.coreSize, Self.coreBytes), (.openFiles, Self.openFiles), (.fileSize, file), (.nice, 0),
            (.realTimePriority, 0),
        ]
        // A user namespace keeps these three of its creator's, and they bound all that is counted below it together
        // (kernel/user_namespace.c, `set_userns_rlimit_max`): a zygote's would be shared by all of its copies.
        if !isZygote {
            limits += [(.lockedMemory, 65_536), (.pendingSignals, 4096), (.messageQueueBytes, Self.messageQueueBytes)]
        }
        self.init(
            process: process, descriptors: descriptors, uid: program.user.uid, gid: program.user.gid,
            arguments: program.arguments, environment: program.environment.map { "\($0.name)=\($0.value)" },
            directory: program.workingDirectory,
            limits: limits.map { Limit(resource: $0.0.rawValue, soft: $0.1, hard: $0.1) } + [Self.stack(program)],
            filters: filters,
            channels: channels,
            copies: program.fileRegions.map { file in
                Copy(
                    path: file.path, mode: file.isExecutable ? 0o755 : 0o644, offset: UInt64(file.offset),
                    size: UInt64(file.size))
            }, processors: processors, folder: program.folder)
    }

    /// A stack's pages are charged as all memory is, so the cgroup bounds it and a program may have it grow as far as it
    /// likes.
    private static func stack(_ program: ProgramSpec) -> Limit {
        Limit(
            resource: ResourceLimit.stack.rawValue,
            soft: UInt64(program.limits.stackMiB ?? program.usualStackMiB) << 20, hard: .max)
    }
}
