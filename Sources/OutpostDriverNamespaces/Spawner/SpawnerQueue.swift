// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// The requests that wait for the spawner, which handles one at a time.
///
/// Urgent requests go first: a time limit must not wait while sandboxes are launched. Only a few ordinary requests are
/// sent at one time, and tenants take turns. Many requests of one tenant do not delay another tenant.
struct SpawnerQueue<Call> {
    /// The order of a request.
    enum Rank: Hashable {
        case urgent
        case ordinary(tenant: String)
    }

    private var urgent: [Call] = []
    private var waiting: [String: [Call]] = [:]
    /// The tenants with waiting requests. The next one is first.
    private var turns: [String] = []
    private var inProgress = 0

    /// Two, so that the spawner always has the next request when it has answered one.
    static var mostInProgress: Int { 2 }

    /// Adds a request.
    mutating func add(_ call: Call, _ rank: Rank) {
        switch rank {
        case .urgent: urgent.append(call)
        case .ordinary(let tenant):
            if waiting[tenant] == nil { turns.append(tenant) }
            waiting[tenant, default: []].append(call)
        }
    }

    /// Returns the request to send now, if there is one. An ordinary request counts as in progress until `answered`.
    mutating func next() -> Call? {
        if !urgent.isEmpty { return urgent.removeFirst() }
        guard inProgress < Self.mostInProgress, let tenant = turns.first, var calls = waiting[tenant] else {
            return nil
        }
        inProgress += 1
        turns.removeFirst()
        let call = calls.removeFirst()
        waiting[tenant] = calls.isEmpty ? nil : calls
        if !calls.isEmpty { turns.append(tenant) }
        return call
    }

    /// Records the answer to an ordinary request.
    mutating func answered() { inProgress -= 1 }

    /// Removes all requests.
    mutating func removeAll() { self = SpawnerQueue() }
}

extension SpawnerRequest {
    /// Returns the rank of the request.
    ///
    /// - Parameter tenant: returns the tenant of a slot.
    func rank(_ tenant: (UInt32) -> String?) -> SpawnerQueue<SpawnerClient.Outgoing>.Rank {
        switch self {
        case .launch(let request), .fork(_, let request, _, _, _): .ordinary(tenant: request.tenant)
        case .prepare(_, let slot, _, _): .ordinary(tenant: tenant(slot) ?? "")
        case .configure, .zygote, .limit, .setAffinity, .freeze, .pause, .gauge, .share, .ping, .meter, .counters,
            .kill,
            .finish, .abandon, .destroy, .retire, .reclaim:
            .urgent
        }
    }
}
