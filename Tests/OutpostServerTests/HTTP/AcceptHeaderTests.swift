// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostServer

struct AcceptHeaderTests {
    @Test(arguments: [
        ["text/event-stream"], ["Text/Event-Stream"], ["application/json, text/event-stream"],
        ["text/event-stream;q=0.5"], ["text/event-stream ; charset=utf-8"], ["application/json", "text/event-stream"],
        ["text/event-stream;q=1.0,*/*;q=0"], [" text/event-stream"],
    ]) func eventsAreAskedFor(values: [String]) {
        #expect(AcceptHeader(values).include("text/event-stream"))
    }

    @Test(arguments: [
        [], [""], ["*/*"], ["text/*"], ["application/json"], ["text/event-stream;q=0"], ["text/event-stream; q=0.000"],
        ["text/event-stream;Q=0"], ["text/event-streams"], ["x-text/event-stream"], ["text/plain;x=text/event-stream"],
    ]) func eventsAreNotAskedFor(values: [String]) {
        #expect(!AcceptHeader(values).include("text/event-stream"))
    }
}
