// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    private static let sandboxPath = sandboxesPath + "/{id}"

    static let sandboxLifecycle: [Route] = [
        Route(
            .updateSandbox, .patch, sandboxPath, tag: "sandboxes",
            "Change settings of a sandbox; they count from its next run on", access: .scope(.sandboxWrite),
            request: SandboxUpdate.schema, success: .json(Sandbox.schema)),
        Route(
            .pauseSandbox, .post, sandboxPath + "/pause", tag: "sandboxes",
            "Freeze all processes of a stateful sandbox; its memory stays in use and its expiry goes on",
            access: .scope(.sandboxWrite), success: .json(Sandbox.schema)),
        Route(
            .resumeSandbox, .post, sandboxPath + "/resume", tag: "sandboxes", "End the pause of a sandbox",
            access: .scope(.sandboxWrite), success: .json(Sandbox.schema)),
        Route(
            .getSandboxMetrics, .get, sandboxPath + "/metrics", tag: "sandboxes",
            "Show what a sandbox has used and what it uses now", access: .scope(.sandboxRead),
            success: .json(SandboxUsage.schema)),
        Route(
            .getSandboxEvents, .get, sandboxPath + "/events", tag: "sandboxes",
            "List the last 100 events of a sandbox, or follow them", access: .scope(.sandboxRead),
            query: SandboxEventsQuery.parameters, success: .json(SandboxEventList.schema, orEvents: true)),
    ]

    static let snapshots: [Route] = [
        Route(
            .createSnapshot, .post, sandboxPath + "/snapshot", tag: "snapshots",
            "Make a snapshot of a stateful sandbox's files, in constant time", access: .scope(.sandboxWrite),
            request: SnapshotRequest.schema, success: .json(Snapshot.schema, status: 201)),
        Route(
            .forkSandbox, .post, sandboxPath + "/fork", tag: "snapshots",
            "Make new sandboxes with the same files and settings, in constant time", access: .scope(.sandboxWrite),
            request: ForkRequest.schema, success: .json(ForkReply.schema, status: 201)),
        Route(
            .listSnapshots, .get, sandboxesPath + "/snapshots", tag: "snapshots", "List the namespace's snapshots",
            access: .scope(.sandboxRead), query: SnapshotListQuery.parameters,
            success: .json(Page<Snapshot>.schema)),
        Route(
            .deleteSnapshot, .delete, sandboxesPath + "/snapshots/{snapshot_id}", tag: "snapshots",
            "Delete a snapshot; sandboxes that started from it keep their files", access: .scope(.sandboxWrite),
            success: .empty),
    ]
}
