// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// One holder at a time, and none after its death.
struct FileLockTests {
    @Test func aSecondHolderIsRefusedUntilTheFirstLetsGo() throws {
        try withFolder { folder in
            let path = "\(folder)/lock"
            do {
                let lock = try FileLock(path: path)
                #expect(try errorNumber { _ = try FileLock(path: path) } == SystemError.tryAgain)
                withExtendedLifetime(lock) {}
            }
            // A child of another test may hold a copy of the descriptor until it executes.
            while try errorNumber(of: { _ = try FileLock(path: path) }) != nil {}
            _ = try FileLock(path: path)
        }
    }
}
