// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostDriverNamespaces

#if arch(x86_64)
    /// In what a preset differs from the default one, by asking the compiled filters.
    struct SeccompPresetTests {
        /// The calls whose verdicts differ, with what they are under `preset`.
        private func differences(_ preset: SecurityPreset) throws -> [UInt32: String] {
            let standard = try SeccompFixture()
            let other = try SeccompFixture(preset)
            var result: [UInt32: String] = [:]
            for number: UInt32 in 0...600 {
                let verdict = try other.verdict(number)
                if try standard.verdict(number) != verdict { result[number] = verdict }
            }
            return result
        }

        @Test func strictOnlyTakesAway() throws {
            let differences = try differences(.strict)
            #expect(differences.count >= 40)
            #expect(Set(differences.values) == ["ENOSYS"])
            // mknod, shmget, inotify_init1, setxattr, sync and sched_setscheduler, by asm/unistd_64.h.
            for number: UInt32 in [133, 29, 294, 188, 162, 144] { #expect(differences[number] == "ENOSYS") }
        }

        @Test func strictKeepsWhatEveryProgramNeeds() throws {
            let strict = try SeccompFixture(.strict)
            // read, write, mmap, clone, execve, exit_group, futex, openat and getrandom.
            for number: UInt32 in [0, 1, 9, 56, 59, 231, 202, 257, 318] {
                #expect(try strict.verdict(number) == "allow")
            }
        }

        @Test func debugOnlyAddsWhatDebuggersNeed() throws {
            // ptrace, process_vm_readv, process_vm_writev, kcmp and pidfd_getfd.
            let expected: [UInt32: String] = [101: "allow", 310: "allow", 311: "allow", 312: "allow", 438: "allow"]
            #expect(try differences(.debug) == expected)
        }

        @Test func onlyDebugFixesAddresses() throws {
            let personality: UInt32 = 135
            for preset in SecurityPreset.allCases {
                let filter = try SeccompFixture(preset)
                #expect(try filter.verdict(personality, 0x40000) == (preset == .debug ? "allow" : "ENOSYS"))
                #expect(try filter.verdict(personality, 0x400000) == "ENOSYS")
            }
        }

        @Test(arguments: SecurityPreset.allCases)
        func noPresetOpensTheKernel(preset: SecurityPreset) throws {
            let filter = try SeccompFixture(preset)
            // mount, unshare, setns, bpf, perf_event_open, init_module, and a clone with a user namespace.
            for number: UInt32 in [165, 272, 308, 321, 298, 175] { #expect(try filter.verdict(number) == "EPERM") }
            #expect(try filter.verdict(56, 0x1000_0000) == "EPERM")
            // AF_ALG, TIOCSTI, io_uring_setup, and a call of another architecture.
            #expect(try filter.verdict(41, 38, 5) == "EAFNOSUPPORT")
            #expect(try filter.verdict(16, 0, 0x5412) == "EPERM")
            #expect(try filter.verdict(425) == "ENOSYS")
            #expect(try filter.verdict(SystemCall(number: 0, architecture: SystemCall.i386)) == "kill")
        }
    }
#endif
