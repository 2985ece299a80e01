// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Yams

/// One mapping of the configuration file. Reading a key removes it, and `finish()` refuses the keys that remain.
struct ConfigurationSection {
    private let name: String
    private var values: [String: Yams.Node] = [:]

    init(_ node: Yams.Node, name: String) throws(OutpostError) {
        self.name = name
        guard let mapping = node.mapping else { throw OutpostError(.invalidRequest, "\(name) must be a mapping") }
        for (key, value) in mapping {
            guard let key = key.string else {
                throw OutpostError(.invalidRequest, "\(name) has a key that is not text")
            }
            values[key] = value
        }
    }

    /// Returns an error about `key`. Its message begins with the place of the key.
    func problem(_ key: String, _ text: String) -> OutpostError {
        OutpostError(.invalidRequest, "\(name): \(key) \(text)")
    }

    /// Reads a text that is not empty; nil when the key is absent, as in all functions below.
    mutating func text(_ key: String) throws(OutpostError) -> String? {
        guard let node = values.removeValue(forKey: key) else { return nil }
        guard let text = node.string, !text.isEmpty else { throw problem(key, "must be text") }
        return text
    }

    mutating func texts(_ key: String) throws(OutpostError) -> [String]? {
        guard let node = values.removeValue(forKey: key) else { return nil }
        guard let texts = node.sequence?.map(\.string), !texts.contains(nil) else {
            throw problem(key, "must be a list of texts")
        }
        return texts.compactMap(\.self)
    }

    mutating func flag(_ key: String) throws(OutpostError) -> Bool? {
        guard let node = values.removeValue(forKey: key) else { return nil }
        guard let flag = node.bool else { throw problem(key, "must be true or false") }
        return flag
    }

    mutating func number(_ key: String, _ range: ClosedRange<Int>) throws(OutpostError) -> Int? {
        guard let node = values.removeValue(forKey: key) else { return nil }
        guard let number = node.int, range.contains(number) else {
            throw problem(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func real(_ key: String, _ range: ClosedRange<Double>) throws(OutpostError) -> Double? {
        guard let node = values.removeValue(forKey: key) else { return nil }
        guard let number = node.float, range.contains(number) else {
            throw problem(key, "must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Reads a mapping of mappings. The operator chooses the keys.
    mutating func sections(_ key: String) throws(OutpostError) -> [(name: String, section: ConfigurationSection)] {
        guard let part = try section(key) else { return [] }
        return try part.values.sorted { $0.key < $1.key }.map { entry throws(OutpostError) in
            (entry.key, try ConfigurationSection(entry.value, name: "\(part.name): \(entry.key)"))
        }
    }

    mutating func section(_ key: String) throws(OutpostError) -> ConfigurationSection? {
        try values.removeValue(forKey: key).map { node throws(OutpostError) in
            try ConfigurationSection(node, name: "\(name): \(key)")
        }
    }

    /// - Throws: `invalid_request` that names a key which was not read.
    func finish() throws(OutpostError) {
        if let key = values.keys.min() { throw problem(key, "is not a known setting") }
    }
}
