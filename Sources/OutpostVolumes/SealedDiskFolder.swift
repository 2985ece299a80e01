// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The files of sealed disks: `sealed/NAMESPACE/ID.ext4` in the data directory. The folder gives the namespace of a disk,
/// so no other record is needed.
struct SealedDiskFolder {
    struct Found {
        let id: SealedDiskID
        let namespace: NamespaceName
        /// Bytes that the disk takes on the host's disk.
        let bytes: Int
    }

    /// Only the owner may read the file, and nobody may write to it.
    static let mode: UInt32 = 0o400
    private static let fileExtension = ".ext4"
    /// The end of the name of a copy that is not complete.
    private static let draftSuffix = ".new"

    private let root: String

    init(dataDirectory: String) { root = "\(dataDirectory)/sealed" }

    func path(_ id: SealedDiskID, of namespace: NamespaceName) -> String {
        "\(root)/\(namespace)/\(id)\(Self.fileExtension)"
    }

    /// The path of a copy that is not complete. `restore` removes it.
    func draft(_ id: SealedDiskID, of namespace: NamespaceName) -> String { path(id, of: namespace) + Self.draftSuffix }

    /// Completes the unfinished sealings of an earlier server, removes its drafts, and returns all sealed disks. Ignores
    /// files with other names.
    func restore() throws(SystemError) -> [Found] {
        guard exists(root) else { return [] }
        var found: [Found] = []
        for name in try entries(of: root) {
            guard let namespace = NamespaceName(name) else { continue }
            found += try restore(namespace)
        }
        // The last server may have died between making a folder and making its name durable.
        try synchronize(directory: root)
        return found
    }

    private func restore(_ namespace: NamespaceName) throws(SystemError) -> [Found] {
        var found: [Found] = []
        for name in try entries(of: "\(root)/\(namespace)") {
            let path = "\(root)/\(namespace)/\(name)"
            if name.hasSuffix(Self.fileExtension + Self.draftSuffix) {
                try removeEntry(path)
            } else if name.hasSuffix(Self.fileExtension),
                let id = SealedDiskID(String(name.dropLast(Self.fileExtension.count)))
            {
                found.append(try protect(id, of: namespace))
            }
        }
        try synchronize(directory: "\(root)/\(namespace)")
        return found
    }

    /// Makes a sealed disk read-only, which a crash may have prevented.
    func protect(_ id: SealedDiskID, of namespace: NamespaceName) throws(SystemError) -> Found {
        let path = path(id, of: namespace)
        try setMode(path, Self.mode)
        let (size, missing) = try SparseFile.sizes(path)
        return Found(id: id, namespace: namespace, bytes: size - missing)
    }
}
