// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Returns the entries below a directory that are open to root but not to everybody: regular files that root can read
/// without a capability, and directories that root can enter. In a sandbox's image the sandbox's root could read them,
/// because there it is the owner of root's files.
///
/// - Returns: at most `limit` paths, in no order. Entries inside a returned directory, and entries that cannot be read, are
///   left out.
public func privateFiles(below directory: String, limit: Int) -> [String] {
    var found: [String] = []
    var rest = [directory]
    while let folder = rest.popLast(), found.count < limit {
        for name in (try? entries(of: folder)) ?? [] {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR where status.st_mode & S_IXOTH != 0: rest.append(path)
            case S_IFDIR where isOpenToRoot(status, owner: S_IXUSR, group: S_IXGRP): found.append(path)
            case S_IFREG where status.st_mode & S_IROTH == 0 && isOpenToRoot(status, owner: S_IRUSR, group: S_IRGRP):
                found.append(path)
            default: break
            }
        }
    }
    return Array(found.prefix(limit))
}

/// Whether the mode gives uid 0 or gid 0 this permission. For the owner the kernel checks only the owner's bits
/// (path_resolution(7)).
private func isOpenToRoot(_ status: stat, owner: mode_t, group: mode_t) -> Bool {
    if status.st_uid == 0 { return status.st_mode & owner != 0 }
    return status.st_gid == 0 && status.st_mode & group != 0
}
