// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Reports a failed step of a sandbox's set-up. The pipe ends when the agent starts. After that an idle sandbox holds
/// no descriptor for it.
@Reactor
final class SetupReport {
    private var pipe: Descriptor?
    private var watch: Reactor.Watch?
    private let crowds: CrowdWatch?
    private var waiting: Int?

    /// Watches the pipe.
    ///
    /// - Parameters:
    ///   - crowds: looks for crowds while the set-up takes long.
    ///   - onFailure: called once when a step has failed.
    init(
        _ pipe: Descriptor, _ crowds: CrowdWatch?, onFailure: @escaping @Reactor (any Error) -> Void
    ) throws(SystemError) {
        self.pipe = pipe
        self.crowds = crowds
        waiting = crowds?.begin()
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

    /// The failure, if it was not reported yet. Nil when there is none or it cannot be read.
    var failure: SystemError? { try? read() }

    private func read() throws(SystemError) -> SystemError? {
        guard let pipe, let failure = try ChildProcess.failure(from: pipe) else { return nil }
        return SystemError("set-up step \(failure.step)", number: failure.number)
    }

    /// Stops watching.
    func end() {
        if let watch { Reactor.end(watch) }
        if let waiting { crowds?.end(waiting) }
        (watch, pipe, waiting) = (nil, nil, nil)
    }
}
