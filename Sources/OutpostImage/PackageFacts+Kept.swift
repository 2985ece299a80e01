// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// A cache of the facts in a file. Reading a large `/usr` that is not in the kernel's cache takes seconds, and it changes only
/// with the packages.
extension PackageFacts {
    /// Returns the cached facts if the packages have not changed since, and otherwise reads and caches them. Without dpkg(1)
    /// it reads them each time.
    ///
    /// - Parameter record: the path of the cache.
    public static func current(host: String = "", record: String) -> PackageFacts {
        guard let stamp = FileStamp("\(host)/var/lib/dpkg/status") else { return read(host: host) }
        let local = ["lib", "share", "bin"].map { FileStamp("\(host)/usr/local/\($0)")?.description ?? "-" }
        let heading = "3 \(stamp) \(local.joined(separator: " "))"
        if let facts = PackageFacts(kept: record, heading: heading) { return facts }
        let facts = read(host: host)
        // If the cache cannot be written, the next call reads the facts again.
        try? facts.keep(record, heading: heading)
        return facts
    }

    private init?(kept path: String, heading: String) {
        guard let bytes = try? readFile(path, limit: 16 << 20) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.first.map(String.init) == heading, lines.last == "end" else { return nil }
        self.init()
        for line in lines.dropFirst().dropLast() {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            if parts[0] == "link" {
                targets.insert(String(parts[1]))
            } else {
                digests[String(parts[1])] = String(parts[0])
            }
        }
    }

    private func keep(_ path: String, heading: String) throws(SystemError) {
        let links = targets.filter { !$0.utf8.contains(UInt8(ascii: "\n")) }.sorted().map { "link \($0)" }
        let files = digests.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let text = ([heading] + links + files + ["end", ""]).joined(separator: "\n")
        try writeFile(path + ".new", text, flags: [.writeOnly, .create, .truncate], mode: 0o600)
        try renameFile(path + ".new", to: path)
    }
}
