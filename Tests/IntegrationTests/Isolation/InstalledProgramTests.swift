// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs in /usr find what they need beside it.
    @Suite(.serialized) struct InstalledPrograms {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// A command that ends with 0 where it should. One whose program is not on this host ends with 99.
        static let commands = [
            // What links below /usr lead to.
            "test -s /etc/ssl/certs/ca-certificates.crt",
            "need openssl; openssl version -d | grep -q /usr/lib/ssl && openssl list -providers | grep -q active",
            "need openssl; openssl verify /etc/ssl/certs/$(ls /etc/ssl/certs | grep -m1 '\\.pem$')",
            "need perl; perl -MIO::Socket -e 'getservbyname(\"https\", \"tcp\") or exit 1'",
            "need keytool; keytool -list -cacerts -storepass changeit > /dev/null",
            "need man; test -e $(readlink -f /usr/share/groff/site-tmac) || ! test -L /usr/share/groff/site-tmac",
            // What packages brought and nothing leads to.
            "need fc-list; fc-list : file 2>&1 | (! grep -q 'Cannot load')",
            "need xmllint; echo '<a/>' | xmllint --noout -",
            "need file; file /usr/bin/env | grep -qE 'ELF|symbolic link'",
            "need wget; wget --version > /dev/null",
            "need ldconfig; ldconfig -p | grep -q libc.so",
            "need git; git init -q r && cd r && git config --system --list >/dev/null 2>&1; git status > /dev/null",
            "need vim; vim --version > /dev/null",
            "! test -L /etc/localtime || test -e /etc/localtime",
            "test \"$(date +%Z)\" = UTC && test \"$(TZ=America/Lima date +%z)\" = -0500",
            "need lscpu; lscpu | grep -q '^CPU(s)'",
            "test \"$(getconf _NPROCESSORS_ONLN)\" -ge 1 && test -r /sys/devices/system/cpu/online",
            "test -d /var/log && test -d /var/tmp",
            // Nothing of the host's own.
            "! ls /etc/shadow* /etc/ssh /etc/ssl/private /etc/sudoers* /etc/environment /etc/fstab 2>/dev/null | grep .",
            "! grep -rlE 'PRIVATE KEY-----' /etc 2>/dev/null | grep .",
            "test \"$(find / -xdev -type l -lname '/etc/*' ! -exec test -e {} \\; -print 2>/dev/null | wc -l)\" -le 200",
        ]

        @Test(arguments: commands)
        func itWorks(command: String) async throws {
            let need = "need() { command -v \"$1\" > /dev/null || exit 99; }\n"
            let execution = try await api.execute("bash", need + command, ["timeout_secs": 120])
            // A host without the program has nothing to show.
            if execution.exitCode == 99 { return print("not looked at, not on this host: \(command)") }
            #expect(execution.exitCode == 0, "\(execution.stdout.text)\(execution.stderr.text)")
        }

        @Test(arguments: ["sandbox", "root"])
        func certificatesOfThePublicAuthoritiesAreKnown(user: String) async throws {
            let code = "import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 50)"
            let execution = try await api.execute("python", code, ["security": ["user": .string(user)]])
            #expect(execution.stdout.text == "True\n", "\(execution.stderr.text)")
        }

        /// Ports of the sandbox's own network, below those that a user has on a host.
        @Test(arguments: [1, 22, 53, 80, 123, 443, 514, 631, 993, 1023])
        func everyPortIsOpenToEverybody(port: Int) async throws {
            let code = """
                import socket
                server = socket.create_server(('127.0.0.1', \(port)))
                client = socket.create_connection(('127.0.0.1', \(port)))
                print(server.accept()[1][0])
                """
            let execution = try await api.execute("python", code)
            #expect(execution.stdout.text == "127.0.0.1\n", "\(execution.stderr.text)")
        }

        /// An archive whose files are somebody's who is not here.
        @Test(arguments: ["sandbox", "root"], ["", "z", "j"])
        func archivesOfOthersAreUnpacked(user: String, compression: String) async throws {
            let code = """
                mkdir d && echo x > d/f && tar -c\(compression)f a.tar --owner=501 --group=20 d && rm -r d
                tar -x\(compression)f a.tar && cat d/f
                """
            let execution = try await api.execute("bash", code, ["security": ["user": .string(user)]])
            #expect(execution.stdout.text == "x\n", "\(execution.stderr.text)")
            #expect(execution.exitCode == 0)
        }

        @Test(arguments: [
            ("bash", "echo ran"), ("bash", "#!/bin/bash\necho ran"), ("bash", "\necho ran"),
            ("bash", "# ran\necho ran"),
            ("bash", "echo() { printf 'ran\\n'; }; echo"), ("python", "print('ran')"),
            ("python", "#!/usr/bin/python3\nprint('ran')"),
            ("node", "console.log('ran')"), ("node", "import fs from 'node:fs'; console.log(fs && 'ran')"),
            ("go", "package main\nfunc main() { println(\"\") }"),
        ])
        func aByteOrderMarkIsNoPartOfTheProgram(language: String, code: String) async throws {
            let execution = try await api.execute(language, "\u{FEFF}" + code)
            #expect(execution.status == .succeeded, "\(execution.stderr.text)")
            if language != "go" { #expect(execution.stdout.text == "ran\n") }
        }
    }
}
