// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// What a client sees of a real server over real HTTP. The nested suites run side by side against one server; the tests
/// of a suite run one after another, so that a machine with few cores is not asked for everything at once.
@Suite(.sharedServer, .timeLimit(.minutes(5))) struct IntegrationTests {}
