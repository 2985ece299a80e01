// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

/// What whoever is root in a sandbox could read of a shared layer, and others could not.
struct PrivateFilesTests {
    @Test(.enabled("giving files away needs root") { Privileges.isRoot })
    func onlyWhatOthersMayNotReadIsNamed() throws {
        try withFolder { folder in
            for directory in ["open", "open/below", "closed", "closed/below"] {
                try makeDirectory("\(folder)/\(directory)", mode: 0o755)
            }
            for file in ["shared", "key", "open/below/key", "closed/shared", "closed/below/key"] {
                try makeFile("\(folder)/\(file)")
            }
            for file in ["shared", "closed/shared"] { try #require(chmod("\(folder)/\(file)", 0o644) == 0) }
            for (name, group) in [("another's", gid_t(4321)), ("root's group's", 0)] {
                try makeFile("\(folder)/\(name)")
                try #require(chown("\(folder)/\(name)", 4321, group) == 0 && chmod("\(folder)/\(name)", 0o640) == 0)
            }
            try #require(symlink("key", "\(folder)/link") == 0)
            try #require(chmod("\(folder)/closed", 0o700) == 0)
            let expected = ["closed", "key", "open/below/key", "root's group's"].map { "\(folder)/\($0)" }
            #expect(privateFiles(below: folder, limit: 10).sorted() == expected)
            #expect(privateFiles(below: folder, limit: 2).count == 2)
        }
    }
}
