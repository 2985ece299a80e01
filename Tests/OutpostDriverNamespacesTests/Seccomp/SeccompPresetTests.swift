// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import Foundation
import OutpostCore
import Testing

@testable import OutpostDriverNamespaces

/// The presets, by what they say otherwise than the default does.
struct SeccompPresetTests {
    /// The calls of all numbers up to 600 about which two presets disagree, by name.
    private func differences(
        _ preset: SecurityPreset, to base: SecurityPreset
    ) throws -> [String: [String]] {
        let (left, right) = (try SeccompFixture(SeccompProfile.of(base)), try SeccompFixture(SeccompProfile.of(preset)))
        var result: [String: [String]] = [:]
        for number in UInt32(0)...600 {
            let (before, after) = (try left.verdict(number), try right.verdict(number))
            guard before != after, let name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), Int32(number))
            else { continue }
            result["\(before) -> \(after)", default: []].append(String(cString: name))
            free(name)
        }
        return result
    }

    @Test func strictTakesAwayExactlyTheseCalls() throws {
        let expected = [
            "fremovexattr", "fsetxattr", "get_mempolicy", "inotify_add_watch", "inotify_init", "inotify_init1",
            "inotify_rm_watch", "ioprio_get", "ioprio_set", "lremovexattr", "lsetxattr", "mbind", "mknod", "mknodat",
            "mlockall", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink",
            "msgctl", "msgget", "msgrcv", "msgsnd", "pkey_alloc", "pkey_free", "pkey_mprotect", "removexattr",
            "sched_setattr", "sched_setparam", "sched_setscheduler", "semctl", "semget", "semop", "semtimedop",
            "set_mempolicy", "setxattr", "shmat", "shmctl", "shmdt", "shmget", "sync", "sync_file_range", "syncfs",
            "vmsplice",
        ]
        let found = try differences(.strict, to: .default)
        #expect(found.keys.sorted() == ["allow -> ENOSYS"])
        #expect(found["allow -> ENOSYS"]?.sorted() == expected)
    }

    @Test func debugGivesBackExactlyTheseCalls() throws {
        let expected = ["kcmp", "pidfd_getfd", "process_vm_readv", "process_vm_writev", "ptrace"]
        let found = try differences(.debug, to: .default)
        #expect(found.keys.sorted() == ["EPERM -> allow"])
        #expect(found["EPERM -> allow"]?.sorted() == expected)
    }

    @Test func onlyDebugMayTurnOffAddressRandomisation() throws {
        let personality = UInt32(seccomp_syscall_resolve_name("personality"))
        for preset in SecurityPreset.allCases {
            let verdict = try SeccompFixture(SeccompProfile.of(preset)).verdict(personality, 0x40000)
            #expect(verdict == (preset == .debug ? "allow" : "ENOSYS"), "\(preset)")
        }
    }

    #if arch(x86_64)
        @Test(arguments: SecurityPreset.allCases)
        func noPresetOpensTheKernel(preset: SecurityPreset) throws {
            let filter = try SeccompFixture(.of(preset))
            // mount, unshare, setns, bpf, perf_event_open, init_module, and a clone with a user namespace.
            for number: UInt32 in [165, 272, 308, 321, 298, 175] { #expect(try filter.verdict(number) == "EPERM") }
            #expect(try filter.verdict(56, 0x1000_0000) == "EPERM")
            // AF_ALG, TIOCSTI, io_uring_setup, and a call of another architecture.
            #expect(try filter.verdict(41, 38, 5) == "EAFNOSUPPORT")
            #expect(try filter.verdict(16, 0, 0x5412) == "EPERM")
            #expect(try filter.verdict(425) == "ENOSYS")
            #expect(try filter.verdict(SystemCall(number: 0, architecture: SystemCall.i386)) == "kill")
        }
    #endif
}
