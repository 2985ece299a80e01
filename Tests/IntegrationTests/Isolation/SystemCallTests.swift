// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

/// A system call that must be refused.
struct RefusedCall: Sendable, CustomStringConvertible {
    let name: String
    let number: Int
    var arguments = "0, 0, 0, 0, 0, 0"
    let errors: Set<Int>

    var description: String { name }

    init(_ name: String, _ number: Int, _ errors: Set<Int>, _ arguments: String = "0, 0, 0, 0, 0, 0") {
        (self.name, self.number, self.errors, self.arguments) = (name, number, errors, arguments)
    }

    private static let notPermitted = 1
    private static let notImplemented = 38

    /// By the numbers of x86-64.
    static let all: [RefusedCall] = permission + withFallback + privileged

    /// Reach into other processes or the kernel.
    private static let permission: [RefusedCall] = [
        .init("ptrace(TRACEME)", 101, [notPermitted]), .init("ptrace(SEIZE)", 101, [notPermitted], "0x4206, 1, 0, 0"),
        .init("process_vm_readv", 310, [notPermitted]), .init("process_vm_writev", 311, [notPermitted]),
        .init("process_madvise", 440, [notPermitted]), .init("pidfd_getfd", 438, [notPermitted]),
        .init("kcmp", 312, [notPermitted]), .init("bpf", 321, [notPermitted]),
        .init("perf_event_open", 298, [notPermitted]), .init("userfaultfd", 323, [notPermitted, notImplemented]),
        .init("unshare(NEWUSER)", 272, [notPermitted], "0x10000000"),
        .init("unshare(NEWNS)", 272, [notPermitted], "0x00020000"), .init("setns", 308, [notPermitted]),
        .init("clone(NEWUSER)", 56, [notPermitted, notImplemented], "0x10000011, 0, 0, 0, 0"),
        .init("clone(NEWNET)", 56, [notPermitted, notImplemented], "0x40000011, 0, 0, 0, 0"),
        .init("personality(READ_IMPLIES_EXEC)", 135, [notPermitted, notImplemented], "0x0400000"),
        .init("personality(ADDR_NO_RANDOMIZE)", 135, [notPermitted, notImplemented], "0x0040000"),
        .init("ioctl(TIOCSTI)", 16, [notPermitted], "0, 0x5412, 0"),
        .init("ioctl(TIOCSTI with high bits)", 16, [notPermitted], "0, 0x1234567800005412, 0"),
        .init("ioctl(TIOCLINUX)", 16, [notPermitted], "0, 0x541c, 0"),
        .init("prctl(SET_MM)", 157, [notPermitted], "35, 1, 0, 0, 0"),
    ]

    /// Libraries try these and must see that they are not there.
    private static let withFallback: [RefusedCall] = [
        .init("clone3", 435, [notImplemented]), .init("io_uring_setup", 425, [notImplemented]),
        .init("io_uring_enter", 426, [notImplemented]), .init("io_uring_register", 427, [notImplemented]),
        .init("keyctl", 250, [notImplemented]), .init("add_key", 248, [notImplemented]),
        .init("request_key", 249, [notImplemented]), .init("a call of the future", 999, [notImplemented]),
    ]

    /// Are for the host's root.
    private static let privileged: [RefusedCall] = [
        .init("mount", 165, [notPermitted]), .init("umount2", 166, [notPermitted]),
        .init("pivot_root", 155, [notPermitted]), .init("chroot", 161, [notPermitted]),
        .init("move_mount", 429, [notPermitted]), .init("open_tree", 428, [notPermitted]),
        .init("fsopen", 430, [notPermitted]), .init("mount_setattr", 442, [notPermitted]),
        .init("swapon", 167, [notPermitted]), .init("reboot", 169, [notPermitted]),
        .init("sethostname", 170, [notPermitted]), .init("init_module", 175, [notPermitted]),
        .init("finit_module", 313, [notPermitted]), .init("delete_module", 176, [notPermitted]),
        .init("kexec_load", 246, [notPermitted]), .init("kexec_file_load", 320, [notPermitted]),
        .init("acct", 163, [notPermitted]), .init("quotactl", 179, [notPermitted]),
        .init("settimeofday", 164, [notPermitted]), .init("clock_settime", 227, [notPermitted]),
        .init("adjtimex", 159, [notPermitted]), .init("syslog", 103, [notPermitted]),
        .init("iopl", 172, [notPermitted], "3"), .init("ioperm", 173, [notPermitted]),
        .init("modify_ldt", 154, [notPermitted]), .init("open_by_handle_at", 304, [notPermitted]),
        .init("name_to_handle_at", 303, [notPermitted]), .init("fanotify_init", 300, [notPermitted]),
        .init("vhangup", 153, [notPermitted]),
    ]
}

extension IntegrationTests {
    @Suite(.serialized) struct SystemCalls {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        #if arch(x86_64)
            @Test(arguments: ["sandbox", "root"]) func whatASandboxHasNoUseForIsRefused(_ user: String) async throws {
                let calls = RefusedCall.all.map { "call(\($0.number), \($0.arguments))" }
                let report = try await Probe(api: api, user: user).report("show([\(calls.joined(separator: ", "))])")
                let errors = try #require(report.arrayValue).compactMap(\.integerValue)
                try #require(errors.count == RefusedCall.all.count)
                for (refused, error) in zip(RefusedCall.all, errors) {
                    #expect(refused.errors.contains(error), "\(refused) gave errno \(error)")
                }
            }

            /// Those of the spawner and of the agents are short (300,000 ns).
            @Test(arguments: ["sandbox", "root"]) func aProgramHasTheUsualTimeSlice(_ user: String) async throws {
                let code = """
                    scheduling = (ctypes.c_uint64 * 6)()
                    show([call(315, 0, scheduling, 48, 0), scheduling[3] != 300_000])
                    """
                #expect(try await Probe(api: api, user: user).report(code) == [0, true])
            }

            @Test func callsOfAnotherArchitectureNeverWork() async throws {
                let code = """
                    child = os.fork()
                    if child == 0: os._exit(0 if call(0x40000000 + 39) == 0 else 1)
                    show(os.waitpid(child, 0)[1] != 0)
                    """
                #expect(try await Probe(api: api).report(code) == true)
            }
        #endif

        @Test func socketFamiliesThatLoadModulesAreNotThere() async throws {
            // AX.25, IPX, X.25, KEY, PACKET, RDS, CAN, TIPC, BLUETOOTH, ALG, VSOCK, SMC and XDP.
            let code = """
                families = [3, 4, 9, 15, 17, 21, 29, 30, 31, 38, 40, 43, 44]
                def reached(family): return attempt(lambda: socket.socket(family, socket.SOCK_DGRAM)) != errno.EAFNOSUPPORT
                show([family for family in families if reached(family)])
                """
            #expect(try await Probe(api: api).report(code) == [])
        }

        @Test func rawSocketsAreRefused() async throws {
            let code = """
                show([attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),
                      attempt(lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58))])
                """
            #expect(try await Probe(api: api, user: "root").report(code) == [1, 1])
        }

        @Test func ordinaryProgramsNoticeNothing() async throws {
            let code = """
                import asyncio, multiprocessing, sqlite3, subprocess, tempfile, threading
                threads = [threading.Thread(target=lambda: None) for _ in range(20)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                async def work(): return await asyncio.to_thread(lambda: 'thread')
                with multiprocessing.Pool(2) as pool: squares = pool.map(abs, [-1, -2])
                database = sqlite3.connect(tempfile.mkdtemp() + '/db')
                database.execute('create table t (x)')
                show([asyncio.run(work()), squares, database.execute('select count(*) from t').fetchone()[0],
                      subprocess.check_output('echo shell', shell=True, text=True)])
                """
            #expect(try await Probe(api: api).report(code) == ["thread", [1, 2], 0, "shell\n"])
        }
    }
}
