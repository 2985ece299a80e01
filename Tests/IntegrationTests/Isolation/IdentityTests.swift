// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Who the program is, and what it holds.
    @Suite(.serialized) struct Identity {
        let probe: Probe

        init() throws { probe = Probe(api: try SharedServer.server.api) }

        @Test func theProgramIsAnOrdinaryUserAndNotTheFirstProcess() async throws {
            let report = try await probe.report(
                "show([os.getresuid(), os.getresgid(), os.getgroups(), os.getpid() > 1])")
            #expect(report == [[1000, 1000, 1000], [1000, 1000, 1000], [], true])
        }

        @Test(arguments: ["sandbox", "root"]) func noSetHoldsACapability(_ user: String) async throws {
            let code = """
                status = {name: value.strip() for name, _, value in (line.partition(':') for line in open('/proc/self/status'))}
                names = ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb')
                show([[int(status[name], 16) for name in names], status['NoNewPrivs'], status['Seccomp'], os.getuid()])
                """
            let report = try await Probe(api: probe.api, user: user).report(code)
            #expect(report == [[0, 0, 0, 0, 0], "1", "2", user == "root" ? 0 : 1000])
        }

        @Test func rootInsideMayNotDoWhatRootMay() async throws {
            let code = """
                show([attempt(lambda: os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0))),
                      attempt(lambda: os.chroot('/tmp')), attempt(lambda: socket.sethostname('mine')),
                      attempt(lambda: os.chown('/tmp', 1000, 1000)), attempt(lambda: os.setuid(1000))])
                """
            #expect(try await Probe(api: probe.api, user: "root").report(code) == [1, 1, 1, 1, 1])
        }

        @Test func rootInsideChangesItsOwnCopyOfTheImageOnly() async throws {
            let name = "/usr/bin/outpost-planted-by-a-test"
            let code = "open('\(name)', 'w').close()\nshow(os.path.exists('\(name)'))"
            let root = Probe(api: probe.api, user: "root")
            #expect(try await root.report(code) == true)
            #expect(try await root.report("show(os.path.exists('\(name)'))") == false)
            #expect(!FileManager.default.fileExists(atPath: name))
        }

        @Test func aProgramWithTheSetUserIDBitGainsNothing() async throws {
            let code = """
                import shutil, subprocess
                shutil.copy('/usr/bin/id', '/tmp/id')
                os.chmod('/tmp/id', 0o6755)
                show([subprocess.check_output(['/tmp/id', '-u'], text=True),
                      subprocess.run(['su', '-c', 'id'], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0])
                """
            #expect(try await probe.report(code) == ["1000\n", true])
        }

        @Test func noDescriptorIsInherited() async throws {
            let code = """
                import fcntl
                show([number for number in range(65_536) if attempt(lambda: fcntl.fcntl(number, fcntl.F_GETFD)) == 0])
                """
            #expect(try await probe.report(code) == [0, 1, 2])
        }

        @Test func processLimitsAreInForce() async throws {
            let code = """
                rows = {line[:26].strip(): line[26:].split() for line in open('/proc/self/limits')}
                names = ('core file size', 'nice priority', 'realtime priority', 'open files', 'locked memory')
                show([int(rows['Max ' + name][1]) for name in names])
                """
            let limits = try #require(try await probe.report(code).arrayValue).compactMap(\.integerValue)
            try #require(limits.count == 5)
            // One byte of a core: none is written, and the kernel starts no program for it (core(5)).
            #expect(limits.prefix(3) == [1, 0, 0])
            #expect((256...65_536).contains(limits[3]))
            #expect((0...8 << 20).contains(limits[4]))
        }

        @Test(arguments: [true, false]) func whatASandboxSaysOfItsFilterIsTrue(_ enabled: Bool) async throws {
            let request: JSONValue = ["language": "bash", "security": ["seccomp_enabled": .bool(enabled)]]
            let answer = try await probe.api.send("POST", probe.api.sandboxPath(), json: request)
            // An operator may not want sandboxes without it.
            if !enabled, answer.status == 422 || answer.status == 403 { return }
            let sandbox = try answer.decoded(Sandbox.self, status: 201)
            let execution = try await probe.api.exec(sandbox, code: "grep Seccomp: /proc/self/status")
            #expect(sandbox.security.seccompEnabled == (execution.stdout.text == "Seccomp:\t2\n"))
            #expect(sandbox.security.seccompEnabled == enabled)
            try await probe.api.deleteSandbox(sandbox.id)
        }
    }
}
