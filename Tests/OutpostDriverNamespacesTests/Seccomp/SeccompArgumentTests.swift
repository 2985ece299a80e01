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
            static let mmap: UInt32 = 9
            static let madvise: UInt32 = 28
            static let shmget: UInt32 = 29
            static let setrlimit: UInt32 = 160
            static let prlimit64: UInt32 = 302
            static let memfdCreate: UInt32 = 319
            static let setsockopt: UInt32 = 54
            static let getsockopt: UInt32 = 55
            static let fadvise64: UInt32 = 221
            static let seccomp: UInt32 = 317
            static let statx: UInt32 = 332
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

        /// Each type with the protocols that are there for it; the kernel would look for a module for any other.
        @Test(arguments: [2, 10] as [UInt64], [Number.socket, Number.socketpair])
        func onlyKnownTransportsReachTheKernel(family: UInt64, call: UInt32) throws {
            let ping: UInt64 = family == 2 ? 1 : 58
            let known: [UInt64: [UInt64]] = [1: [0, 6], 2: [0, 17, ping]]
            for type in UInt64(0)...15 {
                for proto in Array(UInt64(0)...300) + [512, 1024, 2048] {
                    let verdict = try fixture.verdict(call, family, type | 0x80800, proto)
                    switch type {
                    case 3: #expect(verdict == "EPERM")
                    case 1, 2: #expect(verdict == (known[type]?.contains(proto) == true ? "allow" : "EPROTONOSUPPORT"))
                    default: #expect(verdict == "ESOCKTNOSUPPORT")
                    }
                }
            }
        }

        @Test(arguments: [2, 10] as [UInt64])
        func bitsThatTheKernelDoesNotReadHideNoTransport(family: UInt64) throws {
            for garbage in Self.garbage {
                // UDP-Lite, SCTP and MPTCP; SOCK_SEQPACKET and SOCK_DCCP.
                for proto: UInt64 in [136, 132, 262] {
                    let verdict = try fixture.verdict(Number.socket, family | garbage, 1 | garbage, proto | garbage)
                    #expect(verdict == "EPROTONOSUPPORT")
                }
                for type: UInt64 in [5, 6] {
                    #expect(try fixture.verdict(Number.socket, family | garbage, type | garbage) == "ESOCKTNOSUPPORT")
                }
                #expect(try fixture.verdict(Number.socket, family | garbage, 1 | garbage, 6 | garbage) == "allow")
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

        @Test(arguments: [1024, 1026, 1040] as [UInt64])
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

        @Test func theHostsPageCacheIsNotEmptied() throws {
            for garbage in Self.garbage {
                #expect(try fixture.verdict(Number.fadvise64, 3, 0, 0, 4 | garbage) == "0")
                for advice: UInt64 in [12, 20, 21] {
                    #expect(try fixture.verdict(Number.madvise, 0, 0, advice | garbage) == "EINVAL")
                }
            }
            for advice: UInt64 in [0, 1, 2, 3, 5] {
                #expect(try fixture.verdict(Number.fadvise64, 4, 4, 4, advice) == "allow")
            }
            for advice: UInt64 in [0, 1, 2, 3, 4, 8, 9, 10, 11, 14, 15, 16, 17, 18, 19, 22, 23, 25] {
                #expect(try fixture.verdict(Number.madvise, 12, 12, advice) == "allow")
            }
        }

        @Test func noPoolOfTheHostsIsUsedUpByFilters() throws {
            for garbage in Self.garbage {
                for option: UInt64 in [26, 50, 51, 52] {
                    #expect(try fixture.verdict(Number.setsockopt, 3, 1 | garbage, option | garbage) == "ENOPROTOOPT")
                }
                #expect(try fixture.verdict(Number.seccomp, 1 | garbage) == "EINVAL")
                #expect(try fixture.verdict(Number.prctl, 22 | garbage, 2 | garbage) == "EINVAL")
            }
            // SO_DETACH_FILTER, SO_REUSEADDR, SO_SNDBUF, and the same numbers at the level of TCP.
            for option: UInt64 in [27, 2, 7] {
                #expect(try fixture.verdict(Number.setsockopt, 26, 1, option) == "allow")
            }
            #expect(try fixture.verdict(Number.setsockopt, 3, 6, 26) == "allow")
            // Strict mode, and the question which actions there are.
            for operation: UInt64 in [0, 2, 3] { #expect(try fixture.verdict(Number.seccomp, operation, 1) == "allow") }
            #expect(try fixture.verdict(Number.prctl, 22, 1) == "allow")
        }

        @Test func whatWaitsInASocketIsNotMadeMore() throws {
            for garbage in Self.garbage {
                #expect(try fixture.verdict(Number.setsockopt, 3, 1 | garbage, 8 | garbage) == "0")
            }
            #expect(try fixture.verdict(Number.setsockopt, 3, 6, 8) == "allow")
        }

        @Test func theHostsHugePagesStayTheHosts() throws {
            for garbage in Self.garbage {
                #expect(try fixture.verdict(Number.mmap, 0, 1, 3, 0x40022 | garbage) == "ENOMEM")
                #expect(try fixture.verdict(Number.memfdCreate, 0x4, 0x7 | garbage) == "ENOMEM")
                #expect(try fixture.verdict(Number.shmget, 0x800, 0, 0xb80 | garbage) == "ENOMEM")
            }
            // MAP_PRIVATE, MAP_ANONYMOUS, MAP_STACK, MAP_NORESERVE, MAP_FIXED_NOREPLACE; MFD_CLOEXEC and sealing; IPC_CREAT.
            #expect(try fixture.verdict(Number.mmap, 0x40000, 0x40000, 0x40000, 0x124022) == "allow")
            #expect(try fixture.verdict(Number.memfdCreate, 0x4, 0x3) == "allow")
            #expect(try fixture.verdict(Number.shmget, 0x800, 0x800, 0x380) == "allow")
        }

        @Test func aCrashStartsNoProgramOfTheHosts() throws {
            for garbage in Self.garbage {
                #expect(try fixture.verdict(Number.setrlimit, 4 | garbage, 1) == "0")
                #expect(try fixture.verdict(Number.prlimit64, 0, 4 | garbage, 1 << 40) == "0")
            }
            #expect(try fixture.verdict(Number.prlimit64, 0, 4, 0, 1 << 40) == "allow")
            #expect(try fixture.verdict(Number.prlimit64, 4, 7, 4) == "allow")
            #expect(try fixture.verdict(Number.setrlimit, 7, 4) == "allow")
        }

        @Test func pipesOfTheServersAreNotEnlarged() throws {
            for garbage in Self.garbage {
                for size: UInt64 in [65_537, 1 << 20, 0xffff_ffff, 1 << 32] {
                    #expect(try fixture.verdict(Number.fcntl, 1, 1031 | garbage, size) == "EPERM")
                }
                for size: UInt64 in [0, 4096, 65_536] {
                    #expect(try fixture.verdict(Number.fcntl, 1, 1031 | garbage, size) == "allow")
                }
            }
            #expect(try fixture.verdict(Number.fcntl, 1, 1032, 1 << 20) == "allow")
        }

        @Test func noGroupIsJoinedAndNoFlowLabelTaken() throws {
            for garbage in Self.garbage {
                for option: UInt64 in [35, 39, 41, 42, 46, 48] {
                    #expect(try fixture.verdict(Number.setsockopt, 3, 0 | garbage, option | garbage) == "ENODEV")
                }
                for option: UInt64 in [20, 27, 42, 46, 48] {
                    #expect(try fixture.verdict(Number.setsockopt, 3, 41 | garbage, option | garbage) == "ENODEV")
                }
                #expect(try fixture.verdict(Number.setsockopt, 3, 41 | garbage, 32 | garbage) == "ENOPROTOOPT")
            }
            // IP_TOS, IP_MULTICAST_TTL, IPV6_V6ONLY, IPV6_MULTICAST_IF, and the same numbers at other levels.
            for option: UInt64 in [1, 33] { #expect(try fixture.verdict(Number.setsockopt, 3, 0, option) == "allow") }
            for option: UInt64 in [17, 26] { #expect(try fixture.verdict(Number.setsockopt, 3, 41, option) == "allow") }
            for option: UInt64 in [20, 32] { #expect(try fixture.verdict(Number.setsockopt, 3, 1, option) == "allow") }
        }

        @Test func neitherPagesNorCoresAreSharedByWish() throws {
            for option: UInt64 in [62, 67] { #expect(try fixture.verdict(Number.prctl, option) == "EINVAL") }
        }

        @Test func countersOfTheHostAreNotTold() throws {
            for option: UInt64 in [57, 71, 77] {
                #expect(try fixture.verdict(Number.getsockopt, 3, 1, option) == "ENOPROTOOPT")
            }
            for option: UInt64 in [3, 4, 16, 17, 28, 39] {
                #expect(try fixture.verdict(Number.getsockopt, 3, 1, option) == "allow")
            }
            // STATX_MNT_ID_UNIQUE, alone and with all else; what the C library and libuv ask for.
            for mask: UInt64 in [0x4000, 0x7fff] {
                #expect(try fixture.verdict(Number.statx, 3, 0, 0, mask) == "ENOSYS")
            }
            for mask: UInt64 in [0x7ff, 0xfff, 0x1fff, 0x3fff] {
                #expect(try fixture.verdict(Number.statx, 0x4000, 0, 0x4000, mask) == "allow")
            }
            // NS_GET_USERNS, NS_GET_MNTNS_ID, NS_MNT_GET_INFO, PIDFD_GET_INFO.
            for request: UInt64 in [0xb701, 0x8008_b705, 0x8010_b70a, 0xc040_ff0b] {
                #expect(try fixture.verdict(Number.ioctl, 3, request) == "ENOTTY")
            }
        }

        @Test func requestsToInterfacesLoadNoModule() throws {
            // SIOCGIFBR, SIOCSIFBR, SIOCADDDLCI, SIOCGIFVLAN, SIOCSIFVLAN, SIOCBRADDBR, SIOCGSKNS, SIOCDEVPRIVATE.
            for request: UInt64 in [0x8940, 0x8941, 0x8980, 0x8982, 0x8983, 0x89a0, 0x894c, 0x89f0] {
                for garbage in Self.garbage {
                    #expect(try fixture.verdict(Number.ioctl, 3, request | garbage) == "ENOTTY")
                }
            }
            // SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFINDEX, SIOCGIFHWADDR, SIOCGIFMTU, SIOCETHTOOL, SIOCOUTQNSD.
            for request: UInt64 in [0x8912, 0x8913, 0x8915, 0x8933, 0x8927, 0x8921, 0x8946, 0x894b] {
                #expect(try fixture.verdict(Number.ioctl, 3, request) == "allow")
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
