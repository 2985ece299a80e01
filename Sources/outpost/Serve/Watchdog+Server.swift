// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostDriverNamespaces
import OutpostLinux
import OutpostServer

extension Watchdog {
    /// Makes the watchdog of every thread and process that all tenants share.
    ///
    /// Each check is a task that nothing awaits. The watchdog finds out when the task does not end.
    static func server(
        _ driver: NamespacesDriver, notifier: ServiceNotifier?, logger: Logger
    ) -> Watchdog {
        let own: [Subject] = [
            Subject("reactor", in: .thread) { answer in Task { @Reactor in answer() } },
            Subject("task pool", in: .threads) { answer in Task.detached { answer() } },
            Subject("spawner", in: .process) { answer in
                Task.detached {
                    await driver.waitForSpawner()
                    answer()
                }
            },
        ]
        let loops = APIServer.eventLoops.map { Subject($0.name, in: .thread, ask: $0.call) }
        return Watchdog(own + loops, notifier: notifier) {
            log($0, logger)
        } end: {
            exitProcess(
                70, message: "outpost: a part of the server is blocked; the server ends so that it can be restarted")
        }
    }

    private static func log(_ event: Event, _ logger: Logger) {
        switch event {
        case .stalled(let name, let stack):
            logger.error("a part of the server is blocked", metadata: ["part": "\(name)", "stack": "\(stack)"])
        case .recovered(let name):
            logger.notice("a blocked part of the server runs again", metadata: ["part": "\(name)"])
        case .gaveUp(let name):
            logger.critical("a part of the server was blocked for 30 s", metadata: ["part": "\(name)"])
        }
    }
}
