// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// The kernels of all sandboxes.
final class KernelRegistry: Sendable {
    private let kernels = Mutex<[ContextID: Kernel]>([:])
    /// The kernels of one sandbox, dead ones too.
    static let mostOfSandbox = 64

    /// Adds a kernel.
    ///
    /// - Throws: `rate_limited` when the sandbox has too many.
    func add(_ kernel: Kernel) throws(OutpostError) {
        let isFull = kernels.withLock { kernels in
            let count = kernels.values.reduce(0) { $0 + ($1.sandboxID == kernel.sandboxID ? 1 : 0) }
            if count < Self.mostOfSandbox { kernels[kernel.id] = kernel }
            return count >= Self.mostOfSandbox
        }
        guard isFull else { return }
        throw OutpostError(
            .rateLimited, "the sandbox has \(Self.mostOfSandbox) contexts, which is the limit; delete some first")
    }

    /// Removes a kernel.
    func remove(_ id: ContextID) { kernels.withLock { $0[id] = nil } }

    /// Removes and returns all kernels of a sandbox.
    func removeAll(of sandbox: SandboxID) -> [Kernel] {
        kernels.withLock { kernels in
            let found = kernels.values.filter { $0.sandboxID == sandbox }
            for kernel in found { kernels[kernel.id] = nil }
            return found
        }
    }

    /// Returns a kernel of a sandbox.
    ///
    /// - Throws: `not_found`.
    func kernel(
        _ id: ContextID, of sandbox: SandboxID, in namespace: NamespaceName
    ) throws(OutpostError) -> Kernel {
        let kernel = kernels.withLock { $0[id] }
        guard let kernel, kernel.sandboxID == sandbox, kernel.namespace == namespace else { throw Kernel.missing(id) }
        return kernel
    }

    /// Returns the kernels of a sandbox, in no particular order.
    func kernels(of sandbox: SandboxID) -> [Kernel] {
        kernels.withLock { $0.values.filter { $0.sandboxID == sandbox } }
    }

    /// All kernels.
    var all: [Kernel] { kernels.withLock { Array($0.values) } }
}
