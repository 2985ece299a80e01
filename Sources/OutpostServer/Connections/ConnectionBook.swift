// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The open connections and the namespaces that they belong to.
///
/// A connection belongs to a stranger until a valid token comes over it. The number of strangers' connections is
/// limited. A new one above the limit closes the oldest one of the source that has the most. A client that opens many
/// connections without a token closes only its own, and never those of a namespace.
struct ConnectionBook<ID: Hashable> {
    /// The most strangers' connections.
    private let strangerLimit: Int
    private var entries: [ID: Entry] = [:]
    /// The strangers' connections of each source, the oldest first.
    private var strangers: [String: [ID]] = [:]
    private var strangerCount = 0

    private struct Entry {
        let source: String
        /// Nil for a stranger's connection.
        var namespace: NamespaceName?
    }

    init(strangerLimit: Int) { self.strangerLimit = strangerLimit }

    /// Adds a stranger's connection.
    ///
    /// - Returns: the connection that the caller must close because of the limit; it is removed already.
    mutating func open(_ id: ID, from source: String) -> ID? {
        let leaving = strangerCount < strangerLimit ? nil : oldestOfMost
        if let leaving { _ = close(leaving) }
        entries[id] = Entry(source: source, namespace: nil)
        strangers[source, default: []].append(id)
        strangerCount += 1
        return leaving
    }

    /// Removes a connection.
    ///
    /// - Returns: its namespace; nil for a stranger's or an unknown connection.
    mutating func close(_ id: ID) -> NamespaceName? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.namespace == nil { forgetStranger(id, of: entry.source) }
        return entry.namespace
    }

    /// Returns the namespace of a connection; nil for a stranger's.
    func namespace(of id: ID) -> NamespaceName? { entries[id]?.namespace }

    /// Gives a connection to a namespace, because a valid token has come over it.
    ///
    /// - Returns: false when the connection does not exist any more.
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
