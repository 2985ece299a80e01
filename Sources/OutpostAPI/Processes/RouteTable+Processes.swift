// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    private static let processesPath = sandboxesPath + "/{id}/processes"
    private static let processPath = processesPath + "/{proc_id}"

    static let processes: [Route] = [
        Route(
            .startProcess, .post, processesPath, tag: "processes",
            "Start a process that lives with its stateful sandbox, and keeps it up", access: .scope(.sandboxWrite),
            request: ProcessRequest.schema, success: .json(SandboxProcess.schema, status: 201)),
        Route(
            .listProcesses, .get, processesPath, tag: "processes",
            "List a sandbox's running processes and its last 100 ended ones", access: .scope(.sandboxRead),
            query: ProcessListQuery.parameters, success: .json(Page<SandboxProcess>.schema)),
        Route(
            .getProcess, .get, processPath, tag: "processes", "Show a process, or wait for its end",
            access: .scope(.sandboxRead), query: PollQuery.parameters(of: "process"),
            success: .json(SandboxProcess.schema)),
        Route(
            .deleteProcess, .delete, processPath, tag: "processes", "Kill a process and forget it",
            access: .scope(.sandboxWrite), success: .empty),
        Route(
            .signalProcess, .post, processPath + "/signal", tag: "processes",
            "Send a signal to a process, and to its group unless `group` is false",
            access: .scope(.sandboxWrite), request: ProcessSignal.schema, success: .empty),
        Route(
            .resizeProcess, .post, processPath + "/resize", tag: "processes", "Set the size of a process's terminal",
            access: .scope(.sandboxWrite), request: ProcessTerminal.schema, success: .empty),
        Route(
            .writeProcessInput, .post, processPath + "/stdin", tag: "processes",
            "Send bytes to a process's standard input; the call lasts until the process can read them",
            access: .scope(.sandboxWrite), query: InputQuery.parameters, takesBytes: true, success: .empty),
        Route(
            .getProcessOutput, .get, processPath + "/output", tag: "processes",
            "Show what is kept of a process's output, or follow it", access: .scope(.sandboxRead),
            query: ExecutionEventsQuery.parameters, success: .json(ProcessLog.schema, orEvents: true)),
        Route(
            .attachProcess, .get, processPath + "/attach", tag: "processes",
            "Connect to a process as a WebSocket with the subprotocol outpost.process.v1",
            access: .scope(.sandboxWrite), query: ExecutionEventsQuery.parameters, success: .webSocket),
        Route(
            .openTerminal, .get, sandboxesPath + "/{id}/terminal", tag: "processes",
            "Start a login shell with a terminal and connect to it, as a WebSocket", access: .scope(.sandboxWrite),
            query: TerminalQuery.parameters, success: .webSocket),
    ]
}
