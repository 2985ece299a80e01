// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Which connections there are, and whose they are.
///
/// A connection on which no valid token has come is a stranger's. There are only so many of these: one more, and the oldest
/// of the source that has most of them is closed. So whoever opens many without a token, finished or not, closes its own,
/// and those of namespaces are closed for nobody else's sake.
struct ConnectionBook<ID: Hashable> {
    private struct Entry {
        let source: String
        /// Nil for a stranger's.
        var namespace: NamespaceName?
    }

    private let strangerLimit: Int
    private var entries: [ID: Entry] = [:]
    /// Those of each source that has any, the oldest first.
    private var strangers: [String: [ID]] = [:]
    private var strangerCount = 0

    init(strangerLimit: Int) { self.strangerLimit = strangerLimit }

    /// A connection is there.
    ///
    /// - Returns: the one that must go for it.
    mutating func open(_ id: ID, from source: String) -> ID? {
        let leaving = strangerCount < strangerLimit ? nil : oldestOfMost
        if let leaving { _ = close(leaving) }
        entries[id] = Entry(source: source, namespace: nil)
        strangers[source, default: []].append(id)
        strangerCount += 1
        return leaving
    }

    /// A connection is gone.
    ///
    /// - Returns: whose it was; nil for a stranger's.
    mutating func close(_ id: ID) -> NamespaceName? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.namespace == nil { forgetStranger(id, of: entry.source) }
        return entry.namespace
    }

    /// Whose it is.
    func namespace(of id: ID) -> NamespaceName? { entries[id]?.namespace }

    /// A valid token has come on it; false when it is gone.
    mutating func give(_ id: ID, to namespace: NamespaceName) -> Bool {
        guard let entry = entries[id] else { return false }
        if entry.namespace == nil { forgetStranger(id, of: entry.source) }
        entries[id]?.namespace = namespace
        return true
    }

    private mutating func forgetStranger(_ id: ID, of source: String) {
        guard let position = strangers[source]?.firstIndex(of: id) else { return }
        strangers[source]?.remove(at: position)
        strangerCount -= 1
        if strangers[source]?.isEmpty ?? false { strangers[source] = nil }
    }

    private var oldestOfMost: ID? { strangers.max { $0.value.count < $1.value.count }?.value.first }
}
