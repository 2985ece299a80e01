// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The standard streams of the process.
public enum StandardStreams {
    /// Opens `/dev/null` for reading in place of each standard stream that the caller has closed. A closed standard
    /// input is then empty, and a write to a closed output still fails.
    ///
    /// Call it before the process opens any file. Otherwise a socket could get the number of a closed stream, because
    /// the kernel gives the lowest free number (open(2)).
    public static func openClosed() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(number, F_GETFD) == -1 && errno == EBADF {
            _ = open("/dev/null", O_RDONLY)
        }
    }
}
