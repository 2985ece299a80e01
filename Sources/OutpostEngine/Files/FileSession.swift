// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import Synchronization

/// One call on the files of a sandbox. It keeps the sandbox up until `release`, or until its last reference ends.
final class FileSession: Sendable {
    let files: any SandboxFiles
    /// The absolute path of the call.
    let path: String
    /// The size of the sandbox's disk.
    let diskBytes: UInt64
    private let workingDirectory: String
    private let hold: SandboxHold
    private let place: FilePlaces.Place

    init(_ files: any SandboxFiles, _ path: String, in sandbox: Sandbox, _ hold: SandboxHold, _ place: FilePlaces.Place)
    {
        self.files = files
        self.path = Self.absolute(path, below: sandbox.workingDirectory)
        diskBytes = UInt64(clamping: sandbox.limits.diskMiB) << 20
        workingDirectory = sandbox.workingDirectory
        self.hold = hold
        self.place = place
    }

    /// Returns the absolute path of another path of the call.
    func absolute(_ path: String) -> String { Self.absolute(path, below: workingDirectory) }

    /// Leaves `..` to the kernel, which also knows the links.
    private static func absolute(_ path: String, below folder: String) -> String {
        (path.isAbsolutePath ? path : "\(folder)/\(path)").plainPath
    }

    /// Ends the call. A second call has no effect.
    func release() {
        hold.release()
        place.release()
    }
}

/// Counts the calls in progress on the files of each sandbox. All of them share one process in the sandbox.
final class FilePlaces: Sendable {
    /// The most calls at one time on the files of one sandbox. The server keeps at most a few hundred kilobytes for each.
    static let most = 64

    private let taken = Mutex<[SandboxID: Int]>([:])

    /// The place of one call. It ends with `release`, or with its last reference.
    final class Place: Sendable {
        private let id: SandboxID
        private let places: FilePlaces
        private let isReleased = Atomic<Bool>(false)

        fileprivate init(_ id: SandboxID, _ places: FilePlaces) {
            self.id = id
            self.places = places
        }

        deinit { release() }

        func release() {
            if !isReleased.exchange(true, ordering: .acquiringAndReleasing) { places.give(id) }
        }
    }

    /// Takes a place.
    ///
    /// - Throws: `rate_limited` when the sandbox has no place left.
    func take(_ id: SandboxID) throws(OutpostError) -> Place {
        let hasRoom = taken.withLock { taken in
            guard taken[id, default: 0] < Self.most else { return false }
            taken[id, default: 0] += 1
            return true
        }
        guard hasRoom else {
            throw OutpostError(
                .rateLimited,
                "\(Self.most) calls on the files of the sandbox \(id) are in progress, which is the limit",
                retryAfter: 1)
        }
        return Place(id, self)
    }

    private func give(_ id: SandboxID) {
        taken.withLock { taken in
            let left = taken[id, default: 0] - 1
            taken[id] = left > 0 ? left : nil
        }
    }
}
