// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

/// A Python program that looks at the sandbox from inside.
struct Probe {
    let api: APIClient
    var user = "sandbox"

    /// Runs `code`, in which `show(value)` prints the one JSON document that is returned, and `call(number, …)` makes a
    /// system call and gives its errno, 0 for success.
    func report(_ code: String) async throws -> JSONValue {
        let request: JSONValue = [
            "language": "python", "code": .string(Self.prelude + code), "security": ["user": .string(user)],
        ]
        let execution = try await api.execute(request)
        #expect(execution.status == .succeeded, "\(execution.stderr.text)")
        return try JSONValue(parsing: execution.stdout.bytes)
    }

    private static let prelude = """
        import ctypes, errno, json, os, signal, socket, sys
        libc = ctypes.CDLL(None, use_errno=True)
        def show(value): print(json.dumps(value))
        def call(number, *arguments):
            ctypes.set_errno(0)
            padded = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
            result = libc.syscall(ctypes.c_long(number), *padded)
            return ctypes.get_errno() if result == -1 else 0
        def attempt(action):
            try:
                action()
                return 0
            except OSError as error:
                return error.errno

        """
}
