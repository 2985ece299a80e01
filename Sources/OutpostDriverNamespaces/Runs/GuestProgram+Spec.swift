// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

extension GuestProgram {
    /// The limit of POSIX message queues for each user of a sandbox, in bytes. Messages are charged to the run
    /// (ipc/msgutil.c, `GFP_KERNEL_ACCOUNT`).
    ///
    /// It is the kernel's default (`MQ_BYTES_MAX`, include/uapi/linux/resource.h), enough for nine queues of the usual
    /// size. All interpreters of one zygote share the server's limit. If that is too small for `forks` interpreters,
    /// each gets enough for one queue, so that no tenant can use up the limit of all.
    static let messageQueueBytes =
        CreatorLimits.bound(.messageQueueBytes) / forks >= usualQueueBytes ? usualQueueBytes : oneQueueBytes

    /// The kernel's default limit, in bytes.
    static let usualQueueBytes: UInt64 = 819_200
    /// 10 messages of 8,192 bytes, the kernel's overhead for them, and one small queue.
    private static let oneQueueBytes: UInt64 = 98_304
    /// The number of interpreters of one zygote at one time that the limits must allow.
    static let forks: UInt64 = 256

    /// Creates the agent's description of a program, with the limits of each of its processes.
    init(
        _ program: ProgramSpec, process: UInt32, descriptors: UInt8, filters: [[UInt8]], channels: UInt8,
        processors: ProcessorSet, isZygote: Bool = false
    ) {
        let file = program.limits.maxFileBytes.map { UInt64($0) } ?? UInt64(program.limits.diskMiB) << 20
        var limits: [(ResourceLimit, UInt64)] = [
            (.coreSize, Self.coreBytes), (.openFiles, Self.openFiles), (.fileSize, file), (.nice, 0),
            (.realTimePriority, 0),
        ]
        // A user namespace inherits these three limits of its creator, and they apply to everything below it together
        // (kernel/user_namespace.c, `set_userns_rlimit_max`). With a limit on a zygote, all its forks would share it.
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

    /// The soft limit of the stack. The hard limit is open: stack pages count as memory of the cgroup, and the cgroup
    /// limits them.
    private static func stack(_ program: ProgramSpec) -> Limit {
        Limit(
            resource: ResourceLimit.stack.rawValue,
            soft: UInt64(program.limits.stackMiB ?? program.usualStackMiB) << 20, hard: .max)
    }
}
