// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OutpostAPI
import OutpostCore

/// The conditions and the range in the headers of a call on a file (RFC 9110, sections 13 and 14).
struct FileConditions: Sendable {
    private let match: [Substring]?
    private let noneMatch: [Substring]?
    private let range: String?
    private let ifRange: String?

    /// What a reader gets.
    enum Verdict: Equatable {
        case whole
        case part(Range<UInt64>)
        /// The reader has this version of the file.
        case notModified
    }

    init(_ headers: HTTPFields) {
        match = headers[.ifMatch] == nil ? nil : HeaderList(headers[values: .ifMatch]).elements
        noneMatch = headers[.ifNoneMatch] == nil ? nil : HeaderList(headers[values: .ifNoneMatch]).elements
        range = headers[.range]
        ifRange = headers[.ifRange]
    }

    /// Whether the call needs no look at the file before it is opened.
    var isPlain: Bool { match == nil && noneMatch == nil && range == nil }

    /// Whether a writer wants no file to be there.
    var wantsNoFile: Bool { noneMatch?.contains("*") == true }

    /// Decides what a reader gets.
    ///
    /// - Throws: `precondition_failed`; `range_not_satisfiable`.
    func verdict(_ file: FileInformation) throws(OutpostError) -> Verdict {
        try checkMatch(file)
        if let noneMatch, noneMatch.contains("*") || noneMatch.hasTag(file.tag) {
            return .notModified
        }
        guard let range, ifRange == nil || ifRange == file.tag else { return .whole }
        return try part(range, of: file.size)
    }

    /// Checks whether a writer may replace a file, or make a new one when there is none.
    ///
    /// - Throws: `precondition_failed`.
    func checkWriting(_ file: FileInformation?) throws(OutpostError) {
        try checkMatch(file)
        guard let noneMatch, let file else { return }
        if noneMatch.contains("*") || noneMatch.hasTag(file.tag) {
            throw OutpostError(.preconditionFailed, "the file exists, which If-None-Match excludes")
        }
    }

    private func checkMatch(_ file: FileInformation?) throws(OutpostError) {
        guard let match else { return }
        guard let file, match.contains("*") || match.contains(where: { $0 == file.tag }) else {
            throw OutpostError(.preconditionFailed, "the file is not the one of If-Match")
        }
    }

    /// Parses a range. A malformed one, and more than one, is ignored, as RFC 9110, section 14.2, allows.
    private func part(_ text: String, of size: UInt64) throws(OutpostError) -> Verdict {
        let unit = "bytes="
        guard text.lowercased().hasPrefix(unit) else { return .whole }
        let bounds = text.dropFirst(unit.count).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let first = Bound(bounds[0]), let last = Bound(bounds[1]) else { return .whole }
        switch (first, last) {
        case (.none, .none): return .whole
        case (.none, .at(let count)):
            guard count > 0, size > 0 else { throw Self.outside(size) }
            return .part(size - min(count, size)..<size)
        case (.at(let start), .none):
            guard start < size else { throw Self.outside(size) }
            return .part(start..<size)
        case (.at(let start), .at(let end)):
            guard start <= end else { return .whole }
            guard start < size else { throw Self.outside(size) }
            return .part(start..<(min(end, size - 1) + 1))
        }
    }

    private enum Bound {
        case none, at(UInt64)

        /// Nil for anything but digits. A number that is too large is beyond every file.
        init?(_ text: Substring) {
            let text = text.trimmingSpaces
            guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
            self = text.isEmpty ? .none : .at(UInt64(text) ?? .max)
        }
    }

    private static func outside(_ size: UInt64) -> OutpostError {
        OutpostError(.rangeNotSatisfiable, "the file has \(size) bytes, and none of the Range")
    }
}

extension FileInformation {
    /// The strong validator of the file. It changes with every change that the file system notes: a program cannot set the time
    /// of the last change back.
    var tag: String {
        "\""
            + [number, size, UInt64(bitPattern: modified), UInt64(bitPattern: changed)].map { String($0, radix: 16) }
            .joined(separator: "-") + "\""
    }
}
