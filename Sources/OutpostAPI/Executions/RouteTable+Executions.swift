// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    private static let executionsPath = sandboxesPath + "/{id}/executions"

    static let executions: [Route] = [
        Route(
            .execute, .post, sandboxesPath + "/execute", tag: "executions", "Run a program without managing a sandbox",
            access: .scope(.sandboxWrite), query: ResumeQuery.parameters, request: ExecuteRequest.schema,
            success: .json(Execution.schema, orEvents: true)),
        Route(
            .exec, .post, sandboxesPath + "/{id}/exec", tag: "executions", "Run a program in a sandbox",
            access: .scope(.sandboxWrite), request: ExecutionRequest.schema,
            success: .json(Execution.schema, orEvents: true)),
        Route(
            .listExecutions, .get, executionsPath, tag: "executions",
            "List a sandbox's runs in progress and its last 100 ended ones; output is left out",
            access: .scope(.sandboxRead), query: ListQuery<ExecutionSortField>.parameters,
            success: .json(Page<ListedExecution>.schema)),
        Route(
            .getExecution, .get, executionsPath + "/{exec_id}", tag: "executions", "Show a run, or wait for it",
            access: .scope(.sandboxRead), query: PollQuery.parameters(of: "run"),
            success: .json(ExecutionRecord.schema)),
        Route(
            .getExecutionEvents, .get, executionsPath + "/{exec_id}/events", tag: "executions",
            "Follow a run: its output from an event on, and its end", access: .scope(.sandboxRead),
            query: ExecutionEventsQuery.parameters, success: .events),
        Route(
            .writeExecutionInput, .post, executionsPath + "/{exec_id}/stdin", tag: "executions",
            "Send bytes to the standard input of a run with `stdin_open`; the call lasts until the program can read them",
            access: .scope(.sandboxWrite), query: InputQuery.parameters, takesBytes: true, success: .empty),
        Route(
            .cancelExecution, .delete, executionsPath + "/{exec_id}", tag: "executions",
            "Cancel a run and wait for its end; a run that has ended does not change", access: .scope(.sandboxWrite),
            success: .json(ExecutionRecord.schema)),
    ]
}
