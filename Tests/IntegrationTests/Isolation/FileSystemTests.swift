// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Which files the program sees, and which of them it can change.
    @Suite(.serialized) struct FileSystem {
        let api: APIClient
        let probe: Probe
        let dataDirectory: DataDirectory

        init() throws {
            let server = try SharedServer.server
            (api, dataDirectory) = (server.api, server.dataDirectory)
            probe = Probe(api: server.api)
        }

        @Test func nothingOfTheHostIsMountedButItsPrograms() async throws {
            let report = try await probe.report("show([line.split() for line in open('/proc/self/mountinfo')])")
            let mounts = try #require(report.arrayValue).map { $0.arrayValue?.compactMap(\.stringValue) ?? [] }
            #expect(!mounts.isEmpty)
            for mount in mounts {
                try #require(mount.count > 6)
                let text = mount.joined(separator: " ")
                #expect(!text.contains(dataDirectory.path), "\(text)")
                let isOwn =
                    ["/proc", "/dev", "/tmp", "/home/sandbox"].contains { mount[4].hasPrefix($0) } || mount[4] == "/"
                    || isCgroupOfRun(mount) || mount[4] == "/sys/devices/system/cpu/online"
                for place in ["/home", "/root", "/run", "/sys", "/var/lib", "/boot"] {
                    #expect(isOwn || !mount[4].hasPrefix(place), "\(text)")
                }
                #expect(mount[4] == "/" || mount[5].contains("nosuid"), "\(text)")
            }
        }

        /// With the run's own as its root, or copies of its limits, or covered in a folder that nobody may enter, and not to be
        /// changed.
        private func isCgroupOfRun(_ mount: [String]) -> Bool {
            mount[4].hasPrefix("/sys/fs/cgroup") && mount[5].hasPrefix("ro,")
                && (mount[3] == "/" || mount.contains("tmpfs") || mount[4].hasPrefix("/sys/fs/cgroup/others/"))
        }

        @Test func secretsOfTheHostAreNotThere() async throws {
            let code = """
                places = ['/etc/shadow', '/etc/ssh', '/var/lib/dpkg', '/var/log/syslog', '/var/log/dpkg.log', '/run/docker.sock', '/var/run/docker.sock',
                          '/sys/kernel', '/sys/fs/cgroup/system.slice', '/sys/fs/cgroup/memory/system.slice', '/boot', '/lib/modules', '/dev/kmsg', '/dev/mem',
                          '/dev/sda', '/dev/vda', '/dev/loop0', '/dev/kvm', '/dev/fuse', '/dev/net/tun', '\(dataDirectory.path)']
                show([place for place in places if os.path.exists(place)] + (os.listdir('/root') if os.access('/root', os.R_OK) else []))
                """
            #expect(try await probe.report(code) == [])
        }

        @Test func theImageCannotBeChanged() async throws {
            let code = """
                python = os.path.realpath('/usr/bin/python3')
                show([attempt(lambda: open(python, 'r+b')), attempt(lambda: os.unlink('/usr/bin/env')),
                      attempt(lambda: os.rename('/usr/bin/env', '/tmp/env')), attempt(lambda: os.chmod(python, 0o777)),
                      attempt(lambda: open('/etc/passwd', 'a')), attempt(lambda: open('/proc/self/exe', 'r+b'))])
                """
            let errors = try #require(try await probe.report(code).arrayValue).map(\.integerValue)
            #expect(!errors.contains(0), "\(errors)")
        }

        @Test func theKernelsSettingsCannotBeChanged() async throws {
            let code = """
                places = ['/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches', '/proc/sys/kernel/hostname',
                          '/proc/sysrq-trigger', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/kernel/sched_rt_runtime_us']
                def changed(place):
                    try:
                        with open(place, 'r+b', 0) as file:
                            before = file.read(64)
                            file.write(b'1')
                            return place if os.stat(file.fileno()).st_rdev != os.makedev(1, 3) else None
                    except OSError: return None
                show([place for place in map(changed, places) if place])
                """
            #expect(try await probe.report(code) == [])
            #expect(try await Probe(api: api, user: "root").report(code) == [])
        }

        @Test func whatTheKernelTellsOfTheHostIsMasked() async throws {
            let code = """
                def size(place):
                    try: return len(open(place, 'rb').read(1 << 16))
                    except OSError: return 0
                places = ['kcore', 'kallsyms', 'keys', 'timer_list', 'sched_debug', 'interrupts', 'modules', 'config.gz',
                          'vmallocinfo', 'slabinfo', 'kpagecount', 'latency_stats']
                show([place for place in places if size('/proc/' + place)])
                """
            #expect(try await probe.report(code) == [])
        }

        @Test func deviceNodesCannotBeMadeAndTheGivenOnesWork() async throws {
            let code = """
                made = [attempt(lambda: os.mknod('/tmp/d', 0o20600, os.makedev(1, 1))),
                        attempt(lambda: os.mknod('/tmp/d', 0o60600, os.makedev(8, 0)))]
                devices = sorted(name for name in os.listdir('/dev'))
                show([0 in made, open('/dev/zero', 'rb').read(2) == bytes(2), len(open('/dev/urandom', 'rb').read(9)),
                      attempt(lambda: open('/dev/full', 'wb', 0).write(b'x')), open('/dev/null', 'w').write('x'), devices])
                """
            let report = try await probe.report(code)
            #expect(report.arrayValue?.prefix(5) == [false, true, 9, 28, 1])
            let devices = Set(report.arrayValue?.last?.arrayValue?.compactMap(\.stringValue) ?? [])
            let expected: Set = ["null", "zero", "full", "random", "urandom", "fd", "stdin", "stdout", "stderr", "shm"]
            #expect(devices.isSubset(of: expected.union(["mqueue", "pts", "ptmx", "tty"])), "\(devices)")
            #expect(devices.isSuperset(of: expected))
        }

        @Test func aLinkThatARunPlantsIsNotFollowedOutOfTheSandbox() async throws {
            try await TemporaryDirectory.with { folder in
                try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                    let planted = try await api.exec(
                        sandbox,
                        code: """
                            ln -s \(folder) /tmp/outside && ln -s / /tmp/root && ln -sfn /proc/1/root /tmp/first
                            rm -rf ~/code && ln -s \(folder) ~/code && echo ok
                            """)
                    #expect(planted.stdout.text == "ok\n")
                    for place in [
                        "/tmp/outside/file", "/tmp/root\(folder)/file", "/tmp/first\(folder)/file",
                        "/home/sandbox/code/file",
                    ] {
                        let body: JSONValue = ["code": "", "files": [["path": .string(place), "content": "x"]]]
                        let answer = try await api.send("POST", api.sandboxPath("/\(sandbox.id)/exec"), json: body)
                        #expect([200, 400].contains(answer.status), "\(answer)")
                    }
                }
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            }
        }
    }
}
