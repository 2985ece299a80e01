// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    static let executions: [Route] = [
        Route(
            .execute, .post, sandboxesPath + "/execute", tag: "executions", "Run a program without managing a sandbox",
            access: .scope(.sandboxWrite), request: ExecuteRequest.schema, success: .json(Execution.schema)),
        Route(
            .exec, .post, sandboxesPath + "/{id}/exec", tag: "executions", "Run a program in a sandbox",
            access: .scope(.sandboxWrite), request: ExecutionRequest.schema, success: .json(Execution.schema)),
    ]
}
