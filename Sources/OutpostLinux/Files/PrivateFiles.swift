// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The regular files below a directory that not everybody may read, and the directories that not everybody may enter: whoever
/// owns them in a sandbox can.
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
            case S_IFDIR where status.st_mode & S_IXOTH == 0: found.append(path)
            case S_IFDIR: rest.append(path)
            case S_IFREG where status.st_mode & S_IROTH == 0: found.append(path)
            default: break
            }
        }
    }
    return Array(found.prefix(limit))
}
