// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing

/// Parts of an answer about files. The sandbox produces a part when the reader asks for it. The sandbox stays up until
/// `close`, or until the last reference ends.
public final class FileStream<Element: Sendable>: Sendable {
    private let stream: any PulledStream<Element>
    private let session: FileSession
    private let shown: @Sendable (Element) -> Element

    /// - Parameter shown: returns a part without the things that a reader must not see.
    init(
        _ stream: any PulledStream<Element>, _ session: FileSession,
        shown: @escaping @Sendable (Element) -> Element = { $0 }
    ) {
        self.stream = stream
        self.session = session
        self.shown = shown
    }

    deinit { close() }

    /// Returns the next part. Nil at the end. Only one task may call this at a time.
    ///
    /// - Throws: `unavailable` when the sandbox stops meanwhile; `internal`.
    public func next() async throws(OutpostError) -> Element? { try await stream.next().map(shown) }

    /// Ends the stream. A call of `next` in progress fails.
    public func close() {
        stream.close()
        session.release()
    }
}
