// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

@testable import OutpostServer

/// The server's own, and not that of the client that tests call servers with.
typealias Answer = OutpostServer.Answer
