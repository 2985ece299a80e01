// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    static let sandboxesPath = "/auth/v1/seed/{namespace}/sandbox"

    static let sandboxes: [Route] = [
        Route(
            .createSandbox, .post, sandboxesPath, tag: "sandboxes", "Create a sandbox",
            access: .scope(.sandboxWrite), request: SandboxRequest.schema,
            success: .json(Sandbox.schema, status: 201)),
        Route(
            .listSandboxes, .get, sandboxesPath, tag: "sandboxes", "List the namespace's sandboxes",
            access: .scope(.sandboxRead), query: SandboxListQuery.parameters, success: .json(Page<Sandbox>.schema)),
        Route(
            .getSandbox, .get, sandboxesPath + "/{id}", tag: "sandboxes", "Show a sandbox",
            access: .scope(.sandboxRead), success: .json(Sandbox.schema)),
        Route(
            .deleteSandbox, .delete, sandboxesPath + "/{id}", tag: "sandboxes",
            "Delete a sandbox: kill its processes and free its disk", access: .scope(.sandboxWrite),
            success: .empty),
    ]
}
