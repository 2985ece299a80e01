// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostDriverNamespaces

#if arch(x86_64)
    /// What is decided by a call's arguments, and cannot be dodged by bits that the kernel does not read.
    struct SeccompArgumentTests {
        /// The numbers of asm/unistd_64.h.
        enum Number {
            static let ioctl: UInt32 = 16
            static let socket: UInt32 = 41
            static let socketpair: UInt32 = 53
            static let clone: UInt32 = 56
            static let fcntl: UInt32 = 72
            static let personality: UInt32 = 135
            static let prctl: UInt32 = 157
            static let write: UInt32 = 1
        }

        private let fixture: SeccompFixture
        private static let garbage: [UInt64] = [0, 1 << 32, 0xffff_ffff_0000_0000]

        init() throws { fixture = try SeccompFixture() }

        @Test(arguments: [0, 0x11, 0x1200011, 0x3d0f00, 0x100, 0x800000])
        func processesAndThreadsAreCloned(flags: UInt64) throws {
            #expect(try fixture.verdict(Number.clone, flags) == "allow")
        }

        @Test(arguments: [0x2_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000])
        func noNamespaceIsMade(flag: UInt64) throws {
            for other: UInt64 in [0, 0x11, 0x3d0f00, 0xffff_ffff_0000_0000] {
                #expect(try fixture.verdict(Number.clone, flag | other) == "EPERM")
            }
        }

        @Test(arguments: [1, 2, 10, 16] as [UInt64])
        func localSocketsAreMade(family: UInt64) throws {
            for type: UInt64 in [1, 2, 0x80801, 0x80002] {
                #expect(try fixture.verdict(Number.socket, family, type) == "allow")
                #expect(try fixture.verdict(Number.socketpair, family, type) == "allow")
            }
        }

        @Test(arguments: Array(0...63) as [UInt64])
        func otherFamiliesAreNotLoaded(family: UInt64) throws {
            guard ![1, 2, 10, 16].contains(family) else { return }
            for garbage in Self.garbage {
                #expect(try fixture.verdict(Number.socket, family | garbage, 1) == "EAFNOSUPPORT")
                #expect(try fixture.verdict(Number.socketpair, family | garbage, 1) == "EAFNOSUPPORT")
            }
        }

        @Test(arguments: [2, 10] as [UInt64])
        func transportsThatAreModulesAreNotLoaded(family: UInt64) throws {
            for garbage in Self.garbage {
                for transport: UInt64 in [33, 115, 132, 256] {
                    #expect(try fixture.verdict(Number.socket, family, 1, transport | garbage) == "EAFNOSUPPORT")
                }
                // SOCK_DCCP, also with SOCK_CLOEXEC and SOCK_NONBLOCK.
                for type: UInt64 in [6, 0x80806] {
                    #expect(try fixture.verdict(Number.socket, family, type | garbage) == "EAFNOSUPPORT")
                }
            }
            for transport: UInt64 in [0, 1, 6, 17, 58, 262] {
                #expect(try fixture.verdict(Number.socket, family, 1, transport) == "allow")
            }
        }

        @Test(arguments: Array(0...31) as [UInt64])
        func netlinkIsForRoutesOnly(proto: UInt64) throws {
            for garbage in Self.garbage {
                let verdict = try fixture.verdict(Number.socket, 16 | garbage, 3, proto | garbage)
                #expect(verdict == (proto == 0 ? "allow" : "EAFNOSUPPORT"))
            }
        }

        @Test(arguments: [0x5412, 0x541c, 0x5423] as [UInt64])
        func nobodyTypesIntoATerminal(request: UInt64) throws {
            for garbage in Self.garbage {
                #expect(try fixture.verdict(Number.ioctl, 0, request | garbage) == "EPERM")
            }
        }

        @Test(arguments: [0x5401, 0x5413, 0x541b, 0x5421, 0x5411, 0x5422] as [UInt64])
        func otherRequestsToDevicesPass(request: UInt64) throws {
            #expect(try fixture.verdict(Number.ioctl, 0x5412, request, 0x5412) == "allow")
        }

        @Test(arguments: [1024, 1026] as [UInt64])
        func sharedFilesAreNotLeasedOrWatched(command: UInt64) throws {
            for garbage in Self.garbage {
                #expect(try fixture.verdict(Number.fcntl, 0, command | garbage) == "EPERM")
            }
        }

        @Test(arguments: [0, 1, 2, 3, 4, 6, 1025, 1030, 1031, 1033] as [UInt64])
        func otherFileCommandsPass(command: UInt64) throws {
            #expect(try fixture.verdict(Number.fcntl, 1024, command) == "allow")
        }

        @Test func memoryMapsAreNotForged() throws {
            for garbage in Self.garbage { #expect(try fixture.verdict(Number.prctl, 35 | garbage) == "EPERM") }
            for option: UInt64 in [1, 15, 22, 38, 36] {
                #expect(try fixture.verdict(Number.prctl, option, 35) == "allow")
            }
        }

        @Test func onlyPersonalitiesThatWeakenNothingAreTaken() throws {
            for persona: UInt64 in [0, 8, 0x20000, 0x20008, 0xffff_ffff] {
                #expect(try fixture.verdict(Number.personality, persona) == "allow")
            }
            // ADDR_NO_RANDOMIZE, READ_IMPLIES_EXEC, MMAP_PAGE_ZERO, and the good ones with bits above what is read.
            for persona: UInt64 in [0x40000, 0x400000, 0x100000, 1, 1 << 32, 0xffff_ffff_ffff_ffff] {
                #expect(try fixture.verdict(Number.personality, persona) == "ENOSYS")
            }
        }

        @Test(arguments: [SystemCall.i386, SystemCall.arm64, 0, .max])
        func callsOfAnotherArchitectureEndTheProcess(architecture: UInt32) throws {
            for number: UInt32 in [0, 1, 4, 11, 59, 600] {
                let call = SystemCall(number: number, architecture: architecture)
                #expect(try fixture.verdict(call) == "kill")
            }
        }

        @Test func callsWithTheX32BitAreNotServed() throws {
            for number in [UInt32(0), Number.write, Number.clone, Number.socket, 512, 547] {
                #expect(try fixture.verdict(0x4000_0000 | number) == "kill")
            }
        }

        @Test func numbersThatNobodyHasAreUnknown() throws {
            for number: UInt32 in [601, 1000, 0x3fff_ffff] { #expect(try fixture.verdict(number) == "ENOSYS") }
        }
    }
#endif
