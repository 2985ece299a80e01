// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// OpenJDK finds the limits of the run. No JDK is needed to see that: a program looks for them by the same rule.
    @Suite(.serialized) struct OpenJDKLimits {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// As OpenJDK 11 to 21 do (os/linux/cgroupSubsystem_linux.cpp, and jdk.internal.platform): of version 1 unless all
        /// controllers are of version 2, and then without a limit when one of the four is not mounted. Each controller is
        /// read below its mount when that begins at `/` or at the program's own cgroup.
        private static let search = """
            import os
            wanted = ['cpu', 'cpuacct', 'memory', 'cpuset']
            table = {line.split()[0]: line.split()[1:] for line in open('/proc/cgroups') if not line.startswith('#')}
            assert all(table[name][2] == '1' for name in wanted), table
            unified = all(table[name][0] == '0' for name in wanted)
            # Nobody can mount for a sandbox what the host itself has mounted nowhere.
            if not unified and table['cpuset'][0] == '0': wanted.remove('cpuset')
            own, mounts = {}, {}
            for line in open('/proc/self/cgroup'):
                _, names, path = line.rstrip('\\n').split(':', 2)
                for name in names.split(','): own[name] = path
            for line in open('/proc/self/mountinfo'):
                before, _, after = line.partition(' - ')
                kind, _, options = after.split()[:3]
                names = [''] if kind == 'cgroup2' else options.split(',') if kind == 'cgroup' else []
                for name in names: mounts.setdefault(name, before.split()[3:6])
            def folder(name):
                name = '' if unified else name
                root, place, options = mounts[name]
                assert options.split(',')[0] == 'ro', mounts
                assert root in ('/', own[name]), (root, own)
                return place + ('' if root == own[name] else own[name])
            folders = {name: folder(name) for name in wanted}
            def read(name, *files):
                found = [open(path).read().split() for path in (folders[name] + '/' + file for file in files) if os.path.exists(path)]
                return found[0]
            print(read('memory', 'memory.max', 'memory.limit_in_bytes')[0], read('cpu', 'cpu.max', 'cpu.cfs_quota_us')[0])
            """

        @Test(arguments: [(256, 1.0), (512, 2.0), (2048, 1.0)])
        func aProgramFindsTheLimitsOfItsRunByTheRuleOfOpenJDK(memory: Int, cores: Double) async throws {
            let limits: JSONValue = ["memory_mb": .integer(Int64(memory)), "cpu_cores": .number(cores)]
            let expected = "\(memory << 20) \(Int(cores * 100_000))\n"
            let alone = try await api.execute(
                "python", Self.search, ["resource_limits": limits, "timeout_secs": 300])
            #expect(alone.stdout.text == expected, "\(alone.stderr.text)")
            // In a process of its own too, and not in a copy of one that was there.
            let started = try await api.execute(
                "bash", "python3 - << 'END'\n\(Self.search)\nEND", ["resource_limits": limits, "timeout_secs": 300])
            #expect(started.stdout.text == expected, "\(started.stderr.text)")
        }
    }
}
