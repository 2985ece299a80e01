// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A program of the driver conformance suite. Each driver has its own command for it.
public enum ConformanceProgram: Hashable, Sendable {
    /// Exits with this code.
    case exit(Int32)
    /// Sends itself this signal.
    case die(signal: Int32)
    /// Writes this many bytes to each stream. The byte at position n is n modulo 251.
    case write(stdout: Int, stderr: Int)
    /// Copies its input to stdout, until the end.
    case echo
    /// Copies a file to stdout.
    case show(path: String)
    /// Waits until it is killed.
    case wait
    /// Computes until it is killed.
    case spin
    /// Writes to this many MiB of memory, and then exits.
    case fill(mebibytes: Int)
    /// Writes `ready`, waits for this signal, and exits with code 42.
    case obey(signal: Int32)
    /// Writes one byte to each stream in turn, this many times.
    case alternate(times: Int)
    /// Reads its input to the end. Exits with code 0 if the input is the pattern of `write` with this size, otherwise
    /// with 1.
    case read(count: Int)
    /// Writes the size of its terminal, now and after each change. Writes `got` and each line that it reads. Exits with
    /// code 7 after an interrupt.
    case terminal
    /// Writes `ready`, accepts one connection to a port of the loopback device, and sends back all bytes until the end.
    case serve(port: Int, address: String)
    /// A program that does not exist.
    case missing

    /// Returns the bytes that `write` writes.
    public static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }

    /// The command in a sandbox with `/usr/bin/python3` and `/bin/cat`.
    public var command: [String] {
        switch self {
        case .exit(let code): Self.python("raise SystemExit(\(code))")
        case .die(let signal): Self.python("import os\nos.kill(os.getpid(), \(signal))")
        case .write(let stdout, let stderr):
            Self.python(
                """
                import os, threading
                def put(stream, count):
                    data = memoryview(bytes(n % 251 for n in range(count)))
                    while data: data = data[os.write(stream, data):]
                both = [threading.Thread(target=put, args=each) for each in ((1, \(stdout)), (2, \(stderr)))]
                for thread in both: thread.start()
                for thread in both: thread.join()
                """)
        case .echo: ["/bin/cat"]
        case .show(let path): ["/bin/cat", path]
        case .wait: ["/bin/sleep", "3600"]
        case .spin: Self.python("while True: pass")
        case .fill(let mebibytes): Self.python("bytearray(b'x' * (\(mebibytes) << 20))")
        case .obey(let signal):
            Self.python(
                """
                import os, signal
                signal.pthread_sigmask(signal.SIG_BLOCK, [\(signal)])
                os.write(1, b'ready')
                signal.sigwait([\(signal)])
                os._exit(42)
                """)
        case .alternate(let times):
            Self.python("import os\nfor n in range(\(times)): os.write(1, b'o'); os.write(2, b'e')")
        case .read(let count):
            Self.python(
                """
                import sys
                raise SystemExit(sys.stdin.buffer.read() != bytes(n % 251 for n in range(\(count))))
                """)
        case .terminal:
            Self.python(
                """
                import os, signal
                # One write for each line. A signal could interrupt a buffered write.
                def say(text): os.write(1, (text + '\\n').encode())
                def size(*_): say(f'{os.get_terminal_size(0).lines} {os.get_terminal_size(0).columns}')
                signal.signal(signal.SIGWINCH, size)
                signal.signal(signal.SIGINT, lambda *_: os._exit(7))
                size()
                while True: say('got ' + os.read(0, 1000).decode().strip())
                """)
        case .serve(let port, let address):
            Self.python(
                """
                import os, socket
                family = socket.AF_INET6 if ':' in '\(address)' else socket.AF_INET
                listening = socket.create_server(('\(address)', \(port)), family=family)
                os.write(1, b'ready')
                connection, _ = listening.accept()
                while part := connection.recv(65536): connection.sendall(part)
                connection.close()
                """)
        case .missing: ["/nonexistent/program"]
        }
    }

    private static func python(_ code: String) -> [String] { ["/usr/bin/python3", "-S", "-c", code] }
}
