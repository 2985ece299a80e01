// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension TarReader {
    mutating func readHeader(_ input: inout ArraySlice<UInt8>) throws(TarError) -> Step {
        guard let header = readBlock(&input) else { return .needsInput }
        if header.isZero {
            try checkNothingIsPending()
            state = .zeroBlock
            return .next
        }
        try header.checkSum()
        guard let kind = ExtendedHeader.Kind(header.type) else { return try begin(header) }
        extended = try extendedHeader(kind, header)
        state = .extendedHeader
        return .next
    }

    private mutating func extendedHeader(
        _ kind: ExtendedHeader.Kind, _ header: HeaderBlock
    ) throws(TarError) -> ExtendedHeader {
        headers += 1
        guard headers <= limits.headersBeforeEntry else {
            throw TarError(
                .limitExceeded, at: header.offset,
                "more than \(limits.headersBeforeEntry) headers precede one entry at byte \(header.offset)")
        }
        guard canFollow(kind) else {
            throw TarError(
                .misplacedHeader, at: header.offset,
                "the header at byte \(header.offset) must not follow the headers that describe the next entry")
        }
        let size = try header.count(.size)
        let limit = kind.limit(limits)
        guard size <= limit else {
            throw TarError(
                .limitExceeded, at: header.offset,
                "the body of the header at byte \(header.offset) has more than \(limit) bytes")
        }
        return ExtendedHeader(kind: kind, offset: header.offset, size: Int(size))
    }

    /// Whether a header of this kind may come next. POSIX has the global header first, then the header of the entry, each
    /// once. Readers disagree about any other order.
    private func canFollow(_ kind: ExtendedHeader.Kind) -> Bool {
        switch kind {
        case .records: pending.records == nil
        case .globalRecords: pending.isEmpty
        case .longName: pending.longName == nil
        case .longLink: pending.longLink == nil
        }
    }

    mutating func readExtendedHeader(_ input: inout ArraySlice<UInt8>) throws(TarError) -> Step {
        extended.body.append(contentsOf: consume(extended.missing, &input))
        guard extended.missing == 0 else { return .needsInput }
        try apply(extended)
        extended = ExtendedHeader()
        state = .padding(paddingBytes(after: offset))
        return .next
    }

    private mutating func apply(_ header: ExtendedHeader) throws(TarError) {
        switch header.kind {
        case .records:
            var records = globals
            try records.apply(header.body[...], isGlobal: false, at: header.offset)
            pending.records = records
        case .globalRecords: try globals.apply(header.body[...], isGlobal: true, at: header.offset)
        case .longName: pending.longName = try longName(header)
        case .longLink: pending.longLink = try longName(header)
        }
    }

    /// The name in the body. GNU tar ends it with a NUL, and all readers stop there.
    private func longName(_ header: ExtendedHeader) throws(TarError) -> [UInt8] {
        let name = header.body.prefix { $0 != 0 }
        guard !name.isEmpty else {
            throw TarError(.badName, at: header.offset, "the long name of the header at byte \(header.offset) is empty")
        }
        return Array(name)
    }
}

extension ExtendedHeader.Kind {
    /// The kind of a header of this type; nil for the header of an entry.
    init?(_ type: UInt8) {
        switch type {
        case HeaderType.records, HeaderType.solarisRecords: self = .records
        case HeaderType.globalRecords: self = .globalRecords
        case HeaderType.longName: self = .longName
        case HeaderType.longLink: self = .longLink
        default: return nil
        }
    }

    /// The most bytes of the body.
    func limit(_ limits: TarLimits) -> UInt64 {
        switch self {
        case .records, .globalRecords: UInt64(clamping: limits.extendedHeaderBytes)
        // One more for the NUL at the end.
        case .longName, .longLink: UInt64(clamping: limits.pathBytes) + 1
        }
    }
}
