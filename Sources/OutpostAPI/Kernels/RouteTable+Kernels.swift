// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension RouteTable {
    private static let contextsPath = sandboxesPath + "/{id}/contexts"
    private static let contextPath = contextsPath + "/{ctx_id}"

    static let kernels: [Route] = [
        Route(
            .createContext, .post, contextsPath, tag: "contexts",
            "Start a kernel in a stateful sandbox: a program that runs code and keeps its variables",
            access: .scope(.sandboxWrite), request: KernelRequest.schema,
            success: .json(SandboxKernel.schema, status: 201)),
        Route(
            .listContexts, .get, contextsPath, tag: "contexts", "List a sandbox's kernels",
            access: .scope(.sandboxRead), query: ListQuery<KernelSortField>.parameters,
            success: .json(Page<SandboxKernel>.schema)),
        Route(
            .getContext, .get, contextPath, tag: "contexts", "Show a kernel", access: .scope(.sandboxRead),
            success: .json(SandboxKernel.schema)),
        Route(
            .deleteContext, .delete, contextPath, tag: "contexts", "Kill a kernel and forget it",
            access: .scope(.sandboxWrite), success: .empty),
        Route(
            .interruptContext, .post, contextPath + "/interrupt", tag: "contexts",
            "Interrupt the code in progress; the variables stay", access: .scope(.sandboxWrite),
            success: .json(SandboxKernel.schema)),
        Route(
            .restartContext, .post, contextPath + "/restart", tag: "contexts",
            "Kill a kernel's program and start it again; the variables are lost", access: .scope(.sandboxWrite),
            success: .json(SandboxKernel.schema)),
        Route(
            .execInContext, .post, contextPath + "/exec", tag: "contexts", "Run code in a kernel",
            access: .scope(.sandboxWrite), request: KernelExecRequest.schema,
            success: .json(KernelExecution.schema, orEvents: true)),
        Route(
            .completeInContext, .post, contextPath + "/complete", tag: "contexts", "Say how code can go on",
            access: .scope(.sandboxWrite), request: KernelQuestion.schema,
            success: .json(KernelCompletion.schema)),
        Route(
            .inspectInContext, .post, contextPath + "/inspect", tag: "contexts", "Say what a kernel knows about a name",
            access: .scope(.sandboxWrite), request: KernelQuestion.schema,
            success: .json(KernelInspection.schema)),
    ]
}

/// The fields by which a list of kernels can be sorted.
public enum KernelSortField: String, SortField {
    case createdAt = "created_at"

    public static let standard = KernelSortField.createdAt
    public static let standardOrder = ListOrder.descending
}
