// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
public import OutpostAPI
public import OutpostCore

// What the API takes as one of several words, the command line takes as the same words.
extension SandboxMode: ExpressibleByArgument {}
extension OutputKeep: ExpressibleByArgument {}
extension SandboxStatus: ExpressibleByArgument {}
extension SandboxSortField: ExpressibleByArgument {}
extension JobStatus: ExpressibleByArgument {}
extension ListOrder: ExpressibleByArgument {}
extension TokenScope: ExpressibleByArgument {}
extension RatePlan: ExpressibleByArgument {}
