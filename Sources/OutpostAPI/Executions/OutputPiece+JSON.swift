// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension OutputPiece {
    static let schema = Schema.object(
        "What the program wrote to one stream before it wrote to the other stream.",
        [
            Field("stream", .enumeration("", LiveOutput.Stream.self), required: true),
            Field("data", .string("What it wrote."), required: true),
            Field(
                "encoding",
                .enumeration("base64 when the bytes of the stream are not UTF-8.", OutputText.Encoding.self),
                required: true),
        ], isOpen: true)

    init?(json: JSONValue) throws(OutpostError) {
        guard let object = json.objectValue else { return nil }
        let encoding = try object.required("encoding", { $0.oneOf(OutputText.Encoding.self) })
        self.init(
            stream: try object.required("stream", { $0.oneOf(LiveOutput.Stream.self) }),
            bytes: try encoding.bytes(of: try object.required("data", \.stringValue), field: "data"))
    }
}

extension [OutputPiece] {
    /// Returns the pieces as the API sends them. The pieces of one stream, joined, are the text of its output.
    func json(of outputs: [LiveOutput.Stream: CapturedOutput]) -> JSONValue {
        var texts = outputs.mapValues { PieceText(OutputText($0)) }
        return .array(compactMap { texts[$0.stream]?.next($0) })
    }
}

/// Turns the pieces of one stream into text. A character that spans two pieces goes to the second.
private struct PieceText {
    /// The text of the whole stream.
    private let whole: OutputText
    /// The number of the stream's bytes in earlier pieces.
    private var position = 0
    /// The first bytes of a character whose end has not come yet.
    private var unfinished: [UInt8] = []

    init(_ whole: OutputText) { self.whole = whole }

    /// - Returns: nil for a piece without a complete character.
    mutating func next(_ piece: OutputPiece) -> JSONValue? {
        let start = position
        position += piece.bytes.count
        guard whole.encoding == .utf8 else { return object(piece.stream, Base64.encode(piece.bytes)) }
        let bytes = whole.ranges.reduce(into: unfinished) { bytes, range in
            let part = range.clamped(to: start..<position)
            bytes += piece.bytes[part.lowerBound - start..<part.upperBound - start]
        }
        let count = incompleteTailLength(bytes[...])
        unfinished = Array(bytes.suffix(count))
        if bytes.count == count { return nil }
        return object(piece.stream, String(decoding: bytes.dropLast(count), as: UTF8.self))
    }

    private func object(_ stream: LiveOutput.Stream, _ data: String) -> JSONValue {
        [
            "stream": .string(stream.rawValue), "data": .string(data),
            "encoding": .string(whole.encoding.rawValue),
        ]
    }
}
