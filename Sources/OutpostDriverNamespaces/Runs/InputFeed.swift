// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Gives a program its standard input, at the speed at which it reads.
@Reactor
final class InputFeed {
    private let pipe: Descriptor
    private var rest: ArraySlice<UInt8>
    private var watch: Reactor.Watch?

    /// Takes over the write end; it is closed when all is written or nobody reads any more.
    init(_ pipe: Descriptor, _ bytes: [UInt8]) throws(SystemError) {
        self.pipe = pipe
        rest = bytes[...]
        write()
        if !rest.isEmpty { watch = try Reactor.watch(pipe, for: .write) { [weak self] in self?.write() } }
    }

    func close() {
        if let watch { Reactor.end(watch) }
        watch = nil
        rest = []
        pipe.closeNow()
    }

    private func write() {
        while !rest.isEmpty {
            do throws(SystemError) {
                guard let written = try pipe.write(rest) else { return }
                rest = rest.dropFirst(written)
            } catch {
                // The program closed its standard input or ended: the rest is nobody's.
                break
            }
        }
        close()
    }
}
