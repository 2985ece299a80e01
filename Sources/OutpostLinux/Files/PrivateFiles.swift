// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The regular files below a directory that root may read without a capability and not everybody else, and the directories
/// that root may enter and not everybody else: a sandbox's root can, since what is root's is its own.
///
/// - Returns: the paths of the first `limit`, in no order; none of what is in such a directory. What cannot be looked at is left out.
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

/// Whether the bits of a mode allow it to uid 0 or gid 0. An owner is asked about the first only (path_resolution(7)).
private func isOpenToRoot(_ status: stat, owner: mode_t, group: mode_t) -> Bool {
    if status.st_uid == 0 { return status.st_mode & owner != 0 }
    return status.st_gid == 0 && status.st_mode & group != 0
}
