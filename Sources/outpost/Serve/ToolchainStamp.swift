// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// What tells a program of the host's `/usr` from another build of it, in the company of other libraries; nil when it is
/// not there. The cache of the dynamic linker is written anew whenever a package brings or takes a library.
@Sendable func toolchainStamp(_ program: String) -> String? {
    FileStamp(program).map { "\(program) \($0) \(FileStamp("/etc/ld.so.cache")?.description ?? "-")" }
}
