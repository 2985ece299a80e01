// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What of the host's kernel the program shares.
    @Suite(.serialized) struct Namespaces {
        let api: APIClient
        let probe: Probe
        let port: Int

        init() throws {
            let server = try SharedServer.server
            (api, port) = (server.api, server.port)
            probe = Probe(api: server.api)
        }

        @Test(arguments: ["user", "pid", "mnt", "net", "ipc", "uts", "cgroup"])
        func aNamespaceIsTheSandboxesOwn(_ kind: String) async throws {
            let host = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\(kind)")
            let report = try await probe.report("show(os.readlink('/proc/self/ns/\(kind)'))")
            let inside = try #require(report.stringValue)
            #expect(inside.hasPrefix("\(kind):["))
            #expect(inside != host)
        }

        @Test func namesOfTheHostAreNotShown() async throws {
            let report = try await probe.report(
                "show([socket.gethostname(), open('/etc/machine-id').read().strip(), open('/proc/self/cgroup').read()])"
            )
            let shown = try #require(report.arrayValue).compactMap(\.stringValue)
            #expect(shown[0] != ProcessInfo.processInfo.hostName)
            let machine = try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)
            #expect(shown[1] != machine?.trimmingCharacters(in: .newlines))
            #expect(!shown[2].contains("outpost"))
        }

        /// As `hostname -f` asks: for the canonical name of the host's name.
        @Test func theFullNameOfTheHostIsItsName() async throws {
            let report = try await probe.report(
                """
                name = socket.gethostname()
                show([name, socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME)[0][3], socket.gethostbyname(name)])
                """)
            let shown = try #require(report.arrayValue).compactMap(\.stringValue)
            #expect(shown.count == 3 && shown[0] == shown[1] && shown[2] == "127.0.0.1", "\(shown)")
        }

        @Test func processesOfTheHostAreNotThere() async throws {
            let code = """
                pids = [int(name) for name in os.listdir('/proc') if name.isdigit()]
                mine = os.getpid()
                reached = [pid for pid in range(2, 5000) if pid != mine and attempt(lambda: os.kill(pid, 0)) != errno.ESRCH]
                show([len(pids) <= 3, reached == [], attempt(lambda: os.kill(1, signal.SIGKILL)) in (0, errno.EPERM)])
                """
            #expect(try await probe.report(code) == [true, true, true])
        }

        @Test func theFirstProcessCannotBeLookedInto() async throws {
            let code = """
                places = ['mem', 'environ', 'maps', 'root/etc/passwd', 'cwd/etc/passwd', 'fd/3', 'exe']
                show([place for place in places if attempt(lambda: open('/proc/1/' + place, 'rb').read(1)) == 0])
                """
            #expect(try await probe.report(code) == [])
        }

        @Test func aSignalToEveryProcessEndsNothingButTheRun() async throws {
            let sleeper = Sleeper()
            async let neighbour = api.execute("bash", "\(sleeper.command); echo unharmed", ["timeout_secs": 600])
            try await sleeper.begin()
            // kill(2): everything but the caller and init, of those that it sees.
            let execution = try await api.execute("bash", "sleep 600 & kill -KILL -1; wait $!; echo $?")
            #expect(execution.status == .succeeded && execution.stdout.text == "137\n", "\(execution)")
            #expect(sleeper.isThere)
            try await sleeper.end()
            let unharmed = try await neighbour
            #expect(unharmed.stdout.text == "unharmed\n")
        }

        @Test func thereIsOnlyALoopback() async throws {
            let code = """
                listener = socket.create_server(('127.0.0.1', 0))
                sender = socket.create_connection(listener.getsockname())
                sender.sendall(b'x')
                show([[name for _, name in socket.if_nameindex()], listener.accept()[0].recv(1).decode()])
                """
            #expect(try await probe.report(code) == [["lo"], "x"])
        }

        @Test func nothingOutsideIsReachedAndNobodyWaits() async throws {
            let code = """
                import time
                def connect(family, address):
                    with socket.socket(family, socket.SOCK_STREAM) as connection:
                        connection.settimeout(5)
                        return attempt(lambda: connection.connect(address))
                started = time.monotonic()
                errors = [connect(socket.AF_INET, ('127.0.0.1', \(port))), connect(socket.AF_INET, ('169.254.169.254', 80)),
                          connect(socket.AF_INET, ('1.1.1.1', 53)), connect(socket.AF_INET6, ('2606:4700:4700::1111', 53)),
                          connect(socket.AF_INET6, ('::1', \(port)))]
                try:
                    socket.getaddrinfo('example.com', 80)
                    errors.append(0)
                except socket.gaierror:
                    errors.append(1)
                refused = (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EADDRNOTAVAIL)
                show([all(error in refused for error in errors[:5]), errors[5], time.monotonic() - started < 60])
                """
            // Nobody waits: each is refused, and none ends because its time is up.
            #expect(try await probe.report(code) == [true, 1, true])
        }
    }
}
