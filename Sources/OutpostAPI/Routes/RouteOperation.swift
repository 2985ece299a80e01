// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Every call of the API by its `operationId`; a server that switches over them leaves none out.
public enum RouteOperation: String, Sendable, CaseIterable {
    case getHealth, getReadiness, getMetrics, getOpenAPI
    case createSandbox, listSandboxes, getSandbox, deleteSandbox
    case execute, exec
    case submitJob, submitJobs, submitSandboxJob, listJobs, getJob, getSandboxJob, getJobLogs, cancelJob
    case getCallbackSecret, replaceCallbackSecret
    case listLanguages
    case getQuotas
    case createToken, listTokens, getToken, deleteToken
    case createAPIKey, listAPIKeys, getAPIKey, deleteAPIKey
}
