// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// The calls that wait for the spawner, which serves one at a time.
///
/// What ends something goes first: a time limit must not wait for sandboxes that are being made. Of the others few are on
/// their way at one time, and the tenants take turns, so that nobody's many calls hold up another's one.
struct SpawnerQueue<Call> {
    enum Rank: Hashable {
        case urgent
        case ordinary(tenant: String)
    }

    private var urgent: [Call] = []
    private var waiting: [String: [Call]] = [:]
    /// Tenants with waiting calls, the one whose turn is next first.
    private var turns: [String] = []
    private var inProgress = 0

    /// Two, so that the spawner finds the next when it has answered one.
    static var mostInProgress: Int { 2 }

    mutating func add(_ call: Call, _ rank: Rank) {
        switch rank {
        case .urgent: urgent.append(call)
        case .ordinary(let tenant):
            if waiting[tenant] == nil { turns.append(tenant) }
            waiting[tenant, default: []].append(call)
        }
    }

    /// The call to send now, if there is one. An ordinary one counts as in progress until `answered`.
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

    /// An ordinary call has its answer.
    mutating func answered() { inProgress -= 1 }

    /// Forgets everything.
    mutating func removeAll() { self = SpawnerQueue() }
}

extension SpawnerRequest {
    /// - Parameter tenant: whose sandbox is in a slot.
    func rank(_ tenant: (UInt32) -> String?) -> SpawnerQueue<SpawnerClient.Outgoing>.Rank {
        switch self {
        case .launch(let request), .fork(_, let request, _, _, _): .ordinary(tenant: request.tenant)
        case .prepare(_, let slot, _, _): .ordinary(tenant: tenant(slot) ?? "")
        case .configure, .zygote, .limit, .place, .freeze, .pause, .share, .ping, .meter, .kill, .finish, .leave,
            .destroy:
            .urgent
        }
    }
}
