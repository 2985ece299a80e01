// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct StatefulSandbox {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test func filesStay() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let written = try await api.exec(
                    sandbox, code: "mkdir -p a/b && echo kept > a/b/file && ln -s a/b/file link")
                #expect(written.status == .succeeded, "\(written.stderr.text)")
                #expect(try await api.exec(sandbox, code: "cat link").stdout.text == "kept\n")
            }
        }

        @Test func installedPackagesStay() async throws {
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                let install = """
                    import os, site
                    folder = site.getusersitepackages() + '/greeting'
                    os.makedirs(folder)
                    open(folder + '/__init__.py', 'w').write("def hello(): return 'hello'")
                    """
                #expect(try await api.exec(sandbox, code: install).status == .succeeded)
                let used = try await api.exec(sandbox, code: "import greeting\nprint(greeting.hello())")
                #expect(used.stdout.text == "hello\n", "\(used.stderr.text)")
            }
        }

        @Test func processesDoNotStay() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                _ = try await api.exec(sandbox, code: "setsid sleep 4243 > /dev/null 2>&1 &")
                let seen = try await api.exec(sandbox, code: "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
                #expect(!seen.stdout.text.contains("4243"))
            }
        }

        @Test func twoSandboxesShareNothing() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { one in
                try await api.withSandbox(["language": "bash", "mode": "stateful"]) { other in
                    let written = try await api.exec(
                        one, code: "for place in ~ /tmp /dev/shm /var/tmp; do echo x > $place/secret; done; echo $?")
                    #expect(written.stdout.text == "0\n")
                    let seen = try await api.exec(
                        other, code: "ls ~/secret /tmp/secret /dev/shm/secret /var/tmp/secret")
                    #expect(seen.stdout.text == "")
                    let maps = try await [one, other].inTurn {
                        try await api.exec($0, code: "cat /proc/self/uid_map").stdout.text
                    }
                    #expect(maps[0] != maps[1])
                }
            }
        }

        @Test func aDeletedSandboxIsGoneEverywhere() async throws {
            let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
            _ = try await api.exec(sandbox, code: "echo x > file")
            try await api.deleteSandbox(sandbox.id)
            let path = api.sandboxPath("/\(sandbox.id)")
            let answers = [
                try await api.send("GET", path), try await api.send("DELETE", path),
                try await api.send("POST", path + "/exec", json: ["code": ""]),
                try await api.send(
                    "POST", api.sandboxPath("/execute"),
                    json: ["language": "bash", "code": "", "sandbox_id": .string(sandbox.id.rawValue)]),
            ]
            for answer in answers {
                #expect(answer.status == 404)
                #expect(try answer.error().code == .notFound)
            }
            #expect(try await !api.sandboxes("per_page=100").items.contains { $0.id == sandbox.id })
        }

        @Test func aHostileTreeOfFilesIsDeletedToo() async throws {
            let code = """
                import os
                names = ['-rf', '--help', ' ', 'line\\nbreak', 'x' * 255, 'é\\u202e', '*', '$(id)']
                for name in names: open(name, 'w').close()
                open(b'bytes-\\xff', 'w').close()
                os.mkfifo('fifo')
                os.symlink('/', 'root')
                os.symlink('self', 'self')
                os.mkdir('closed', 0o000)
                for _ in range(3000):
                    os.mkdir('d')
                    os.chdir('d')
                """
            let sandbox = try await api.createSandbox(["language": "python", "mode": "stateful"])
            let planted = try await api.exec(sandbox, code: code)
            #expect(planted.status == .succeeded, "\(planted.stderr.text)")
            try await api.deleteSandbox(sandbox.id)
        }

        @Test func orphansThatEndAreReaped() async throws {
            let storm = """
                import os, time
                for _ in range(300):
                    if os.fork() == 0:
                        if os.fork() == 0: os._exit(0)
                        os._exit(0)
                    os.wait()
                end = time.monotonic() + 60
                while len([name for name in os.listdir('/proc') if name.isdigit()]) > 4 and time.monotonic() < end: pass
                print(len([name for name in os.listdir('/proc') if name.isdigit()]) <= 4)
                """
            let execution = try await api.execute("python", storm, ["timeout_secs": 120])
            #expect(execution.stdout.text == "True\n", "\(execution.stderr.text)")
        }

        @Test func useIsNoted() async throws {
            let request: JSONValue = ["language": "bash", "mode": "stateful", "idle_timeout_secs": 300]
            try await api.withSandbox(request) { created in
                #expect(created.expiresAt == created.lastUsedAt.advanced(bySeconds: 300))
                let execution = try await api.exec(created, code: "sleep 0.1")
                let used = try await api.sandbox(created.id)
                #expect(used.lastUsedAt > created.lastUsedAt)
                #expect(used.lastUsedAt >= execution.startedAt)
                #expect(used.expiresAt == used.lastUsedAt.advanced(bySeconds: 300))
            }
        }

        @Test func aSandboxExpires() async throws {
            let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful", "ttl_secs": 1])
            #expect(
                try await eventually {
                    try await api.send("GET", api.sandboxPath("/\(sandbox.id)")).status == 404
                })
        }
    }
}
