// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostDrivers
import OutpostStore

/// Programs that were compiled before. Whatever goes wrong here, a run goes on as if there were no cache.
struct CompilationCache: Sendable {
    let store: any CompilationStore
    let driver: any IsolationDriver
    let logger: Logger

    func program(_ key: CompilationKey) async -> CompiledProgram? {
        do throws(OutpostError) {
            guard let bytes = try await store.entry(key.digest, in: key.namespace) else { return nil }
            if let program = CompiledProgram(encoded: bytes) { return program }
            logger.warning("a kept compilation is damaged; it is removed", metadata: ["key": "\(key.digest)"])
            try await store.remove(key.digest, in: key.namespace)
        } catch {
            logger.warning("a kept compilation cannot be had", metadata: ["error": "\(error)"])
        }
        return nil
    }

    /// Keeps a program, unless the room may be needed for disks.
    func keep(_ program: CompiledProgram, _ key: CompilationKey) async {
        let bytes = program.encoded
        do throws(OutpostError) {
            try await driver.checkRoom(bytes: bytes.count)
            try await store.keep(bytes, as: key.digest, in: key.namespace)
        } catch {
            logger.warning("a compilation is not kept", metadata: ["error": "\(error)"])
        }
    }

    /// Gives all of its room back; true when it had some.
    func clear() async -> Bool {
        do throws(OutpostError) {
            return try await store.clear()
        } catch {
            logger.warning("kept compilations cannot be removed", metadata: ["error": "\(error)"])
            return false
        }
    }
}
