// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Tells of a step of a sandbox's set-up that failed. Its end of file is the start of the agent, and the end of its use: an
/// idle sandbox holds no descriptor for it.
@Reactor
final class SetupReport {
    private var pipe: Descriptor?
    private var watch: Reactor.Watch?

    /// - Parameter onFailure: called once when a step has failed.
    init(_ pipe: Descriptor, onFailure: @escaping @Reactor (any Error) -> Void) throws(SystemError) {
        self.pipe = pipe
        watch = try Reactor.watch(pipe, for: .read) { [weak self] in
            guard let self else { return }
            do throws(SystemError) {
                let failure = try read()
                end()
                if let failure { onFailure(failure) }
            } catch {
                end()
                onFailure(error)
            }
        }
    }

    /// What has failed and nobody has been told of yet; nil when nothing has, or nobody can tell.
    var failure: SystemError? { try? read() }

    private func read() throws(SystemError) -> SystemError? {
        guard let pipe, let failure = try ChildProcess.failure(from: pipe) else { return nil }
        return SystemError("set-up step \(failure.step)", number: failure.number)
    }

    /// Nobody wants to hear of it any more.
    func end() {
        if let watch { Reactor.end(watch) }
        watch = nil
        pipe = nil
    }
}
