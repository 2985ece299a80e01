// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The members of a JSON object: in the order they were given, found fast by name, each name once.
///
/// Names are the same when their bytes are (RFC 8259, section 8.3), not when Unicode calls them equivalent as Swift does.
public struct JSONObject: Sendable {
    /// One name and its value.
    public struct Member: Hashable, Sendable {
        public let name: String
        public internal(set) var value: JSONValue
    }

    /// All members in order.
    public private(set) var members: [Member] = []
    /// Positions by name; kept only from the size where it beats a scan.
    private var positions: [[UInt8]: Int] = [:]

    private static let scannedCount = 24

    /// An object without members.
    public init() {}

    /// An object of `members`; of two with one name the later value wins.
    public init(_ members: [(name: String, value: JSONValue)]) {
        for member in members { self[member.name] = member.value }
    }

    /// An object of `members`, of which no two have one name.
    init(distinct members: [(String, JSONValue)]) {
        assert(Set(members.map(\.0.nameBytes)).count == members.count, "two members have one name")
        self.members = members.map { Member(name: $0.0, value: $0.1) }
        if members.count > Self.scannedCount { indexMembers() }
    }

    /// The number of members.
    public var count: Int { members.count }

    /// The value of the member `name`; setting replaces or appends, setting nil changes nothing that is absent.
    public subscript(_ name: String) -> JSONValue? {
        get { position(of: name).map { members[$0].value } }
        set {
            guard let newValue else { return remove(name) }
            guard let position = position(of: name) else { return append(name, newValue) }
            members[position].value = newValue
        }
    }

    /// Adds a member, unless there is one of that name already.
    ///
    /// - Returns: whether it was added.
    mutating func insert(_ name: String, _ value: JSONValue) -> Bool {
        guard position(of: name) == nil else { return false }
        append(name, value)
        return true
    }

    private func position(of name: String) -> Int? {
        guard positions.isEmpty else { return positions[name.nameBytes] }
        return members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
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
    /// Same members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }

    public func hash(into hasher: inout Hasher) { hasher.combine(members) }
}
