// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The members of a JSON object, in the order of insertion. A name occurs once, and the search for it is fast.
///
/// Two names are equal when their bytes are equal (RFC 8259, section 8.3). Swift's `String` would also treat two
/// canonically equivalent Unicode spellings as equal.
public struct JSONObject: Sendable {
    /// All members in order.
    public private(set) var members: [Member] = []
    /// Positions by name; empty while the object is small, because a scan is then faster.
    private var positions: [[UInt8]: Int] = [:]

    /// One name and its value.
    public struct Member: Hashable, Sendable {
        /// Unescaped.
        public let name: String
        /// The value of the member.
        public internal(set) var value: JSONValue
    }

    /// The largest number of members that are searched by a scan.
    private static let scannedCount = 40

    /// Makes an object without members.
    public init() {}

    /// Makes an object of `members`. When a name occurs twice, the later value wins.
    public init(_ members: [(name: String, value: JSONValue)]) {
        for member in members { self[member.name] = member.value }
    }

    /// Makes an object of `members`, whose names must be distinct.
    init(distinct members: [(String, JSONValue)]) {
        assert(Set(members.map(\.0.nameBytes)).count == members.count, "two members have the same name")
        self.members = members.map { Member(name: $0.0, value: $0.1) }
        if members.count > Self.scannedCount { indexMembers() }
    }

    /// The number of members.
    public var count: Int { members.count }

    /// The value of the member `name`. Setting a value replaces the member or appends it; setting nil removes it.
    public subscript(_ name: String) -> JSONValue? {
        get { position(of: name).map { members[$0].value } }
        set {
            guard let newValue else { return remove(name) }
            guard let position = position(of: name) else { return append(name, newValue) }
            members[position].value = newValue
        }
    }

    /// Appends a member unless the name exists.
    ///
    /// - Returns: whether it was added.
    mutating func insert(_ name: String, _ value: JSONValue) -> Bool {
        guard position(of: name) == nil else { return false }
        append(name, value)
        return true
    }

    private func position(of name: String) -> Int? {
        guard positions.isEmpty else { return positions[name.nameBytes] }
        let bytes = name.utf8.count
        return members.firstIndex { $0.name.utf8.count == bytes && $0.name.utf8.elementsEqual(name.utf8) }
    }

    private mutating func append(_ name: String, _ value: JSONValue) {
        members.append(Member(name: name, value: value))
        if !positions.isEmpty {
            positions[name.nameBytes] = members.count - 1
        } else if members.count > Self.scannedCount {
            indexMembers()
        }
    }

    private mutating func remove(_ name: String) {
        guard let position = position(of: name) else { return }
        members.remove(at: position)
        if !positions.isEmpty { indexMembers() }
    }

    private mutating func indexMembers() {
        positions = [:]
        for (position, member) in members.enumerated() { positions[member.name.nameBytes] = position }
    }
}

extension JSONObject: Hashable {
    /// Whether both have the same members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }

    public func hash(into hasher: inout Hasher) { hasher.combine(members) }
}
