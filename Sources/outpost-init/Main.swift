// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostGuest
import OutpostLinux
import OutpostSpawner

/// The small static program inside `outpost`. It is the spawner on the host, and the agent and the worker in a sandbox.
@main struct Main {
    static func main() {
        do {
            switch CommandLine.arguments.dropFirst().first {
            case "guest": try GuestAgent.serve(CgroupView(arguments: Array(CommandLine.arguments.dropFirst(2))))
            case "worker": try Worker.serve(CommandLine.arguments.dropFirst(2))
            case "spawner": try SpawnerSupervisor.serve()
            case "spawner-worker": try Spawner.serve()
            default: fail("usage: outpost-init guest | spawner")
            }
        } catch {
            fail("outpost-init: \(error)")
        }
    }

    private static func fail(_ message: String) -> Never { exitProcess(1, message: message) }
}
