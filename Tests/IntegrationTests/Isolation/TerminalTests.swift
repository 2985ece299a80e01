// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Programs that want a terminal make one of the sandbox's own.
    @Suite(.serialized) struct Terminals {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        /// Each prints `ok`.
        static let programs = [
            "import os; leader, follower = os.openpty(); os.write(follower, b'x\\n'); print('ok' if os.read(leader, 9) else '')",
            "import os; print('ok' if os.ttyname(os.openpty()[1]).startswith('/dev/pts/') else '')",
            "import os, tty; tty.setraw(os.openpty()[1]); print('ok')",
            """
            import os, pty
            pid, leader = pty.fork()
            if pid == 0:
                os.write(os.open('/dev/tty', os.O_RDWR), b'to the terminal')
                os._exit(0)
            print('ok' if os.read(leader, 99) == b'to the terminal' else '')
            """,
            """
            import fcntl, os, struct, termios
            leader, follower = os.openpty()
            fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 132, 0, 0))
            print('ok' if os.get_terminal_size(follower) == (132, 50) else '')
            """,
            """
            import os, pty, signal
            pid, leader = pty.fork()
            if pid == 0:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                os.write(1, b'ready')
                signal.pause()
            os.read(leader, 5)
            os.write(leader, b'\\x03')
            print('ok' if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT else '')
            """,
            """
            import os, pty
            pid, leader = pty.fork()
            if pid == 0:
                os.execvp('stty', ['stty', 'size'])
            text = b''
            try:
                while part := os.read(leader, 99): text += part
            except OSError: pass
            print('ok' if text.split() == [b'0', b'0'] else text)
            """,
            """
            import os, pty
            pid, leader = pty.fork()
            if pid == 0:
                os.execvp('python3', ['python3', '-c', 'import getpass; print(len(getpass.getpass()))'])
            text = b''
            while b':' not in text: text += os.read(leader, 99)
            os.write(leader, b'xyzzy\\n')
            try:
                while part := os.read(leader, 99): text += part
            except OSError: pass
            print('ok' if b'5' in text and b'xyzzy' not in text else text)
            """,
            """
            import subprocess
            print(subprocess.run(['script', '-qec', 'tty > /dev/null && printf ok', '/dev/null'], capture_output=True,
                                 stdin=subprocess.DEVNULL).stdout.decode())
            """,
            """
            import os
            try: os.open('/dev/tty', os.O_RDWR)
            except OSError as error: print('ok' if error.errno == 6 else error)
            """,
            """
            import os
            before = os.listdir('/dev/pts')
            ends = os.openpty()
            print('ok' if before == ['ptmx'] and sorted(os.listdir('/dev/pts')) == ['0', 'ptmx'] else before)
            """,
        ]

        @Test(arguments: programs, ["sandbox", "root"])
        func itWorks(program: String, user: String) async throws {
            let execution = try await api.execute("python", program, ["security": ["user": .string(user)]])
            #expect(execution.stdout.text.split { $0.isWhitespace } == ["ok"], "\(execution.stderr.text)")
        }

        @Test func eachSandboxHasSixtyFourAndLeavesNone() async throws {
            let code = """
                import os
                count = 0
                try:
                    while True:
                        os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY)
                        count += 1
                except OSError as error: print(count, error.errno)
                """
            for _ in 0..<3 { #expect(try await api.execute("python", code).stdout.text == "64 28\n") }
        }

        /// Typing for another, other line disciplines, which are modules, and the console.
        @Test(arguments: [0x5412, 0x541C, 0x5423, 0x541D])
        func whatReachesBeyondATerminalIsRefused(request: Int) async throws {
            let code = """
                import ctypes, os
                libc, (leader, follower) = ctypes.CDLL(None, use_errno=True), os.openpty()
                argument = ctypes.create_string_buffer(64)
                print(libc.ioctl(follower, ctypes.c_ulong(\(request)), argument), ctypes.get_errno())
                """
            for user in ["sandbox", "root"] {
                let execution = try await api.execute("python", code, ["security": ["user": .string(user)]])
                #expect(execution.stdout.text == "-1 1\n", "\(user)")
            }
        }

        @Test func theStrictPresetHasNone() async throws {
            let code = """
                import os
                try: os.openpty()
                except OSError as error: print(type(error).__name__)
                """
            let execution = try await api.execute("python", code, ["security": ["preset": "strict"]])
            #expect(execution.stdout.text.hasSuffix("Error\n"))
        }
    }
}
