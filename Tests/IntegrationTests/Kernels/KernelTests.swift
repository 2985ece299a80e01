// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// Kernels: code whose variables stay.
    @Suite(.serialized) struct Kernels {
        let api: APIClient

        init() throws { api = try SharedServer.server.api.with(namespace: "kernels") }

        @Test(arguments: ["python", "node"]) func variablesStay(_ language: String) async throws {
            try await KernelUnderTest.with(api, language) { kernel in
                let print = language == "python" ? "print(x)" : "console.log(x)"
                let first = try await kernel.exec(language == "python" ? "x = 5" : "const x = 5")
                #expect(first.execution.status == .succeeded && first.results.isEmpty && first.executionCount == 1)
                let second = try await kernel.exec("\(print); x + 1")
                #expect(second.execution.stdout.text == "5\n" && second.executionCount == 2)
                #expect(second.results.map(\.data.texts) == [["text/plain": "6"]] && second.results[0].isMain)
                let state = try await kernel.state()
                #expect(state.status == .idle && state.executionCount == 2 && state.language == language)
            }
        }

        @Test func ipythonRunsPython() async throws {
            try await KernelUnderTest.with(api, "python") { kernel in
                let plot = try await kernel.exec(
                    "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('shown')")
                #expect(plot.execution.stdout.text == "shown\n", "\(plot.execution.stderr.text)")
                #expect(plot.results.first?.data.texts["image/png"]?.hasPrefix("iVBORw0KGgo") == true)
                let failed = try await kernel.exec("1/0")
                #expect(failed.execution.status == .failed && failed.error?.name == "ZeroDivisionError")
                #expect(failed.error?.traceback.contains { $0.contains("1/0") } == true)
                let state = try await kernel.state()
                #expect(state.implementation?.hasPrefix("ipython") == true)
                let completion = try await kernel.api.send(
                    "POST", kernel.path + "/complete", json: ["code": "é = 1; pri", "cursor": 10]
                ).decoded(KernelCompletion.self)
                #expect(completion.matches.contains("print") && completion.start == 7 && completion.end == 10)
                let inspection = try await kernel.api.send(
                    "POST", kernel.path + "/inspect", json: ["code": "print", "cursor": 2]
                ).decoded(KernelInspection.self)
                #expect(inspection.isFound && inspection.data.texts["text/plain"]?.contains("print") == true)
            }
        }

        @Test func pythonRunsWithoutIPython() async throws {
            let hidden: JSONValue = ["env": [["PYTHONPATH", "/workspace/hidden"]]]
            try await api.withSandbox(["language": "python", "mode": "stateful"]) { sandbox in
                _ = try await api.exec(
                    sandbox,
                    code: "import os; os.makedirs('hidden/IPython'); open('hidden/IPython/__init__.py', 'w')"
                        + ".write('raise ImportError(\"hidden\")')")
                let kernel = KernelUnderTest(
                    api: api, sandbox: sandbox,
                    kernel: try await api.send("POST", api.sandboxPath("/\(sandbox.id)/contexts"), json: hidden)
                        .decoded(SandboxKernel.self, status: 201))
                #expect(try await kernel.value("import asyncio\nawait asyncio.sleep(0, 6)") == "6")
                #expect(try await kernel.state().implementation == "python")
                #expect(try await kernel.exec("1/0").error?.traceback.last == "ZeroDivisionError: division by zero")
            }
        }

        @Test func eventsComeInTheirOrder() async throws {
            try await KernelUnderTest.with(api, "python") { kernel in
                // print() writes a line and its end one after the other, and each can come as an event of its own.
                let code = #"import sys\#nsys.stdout.write('a\n')\#ndisplay(1)\#nsys.stderr.write('é\n')\#n2"#
                let events = try await api.events("POST", kernel.path + "/exec", json: ["code": .string(code)])
                #expect(events.first?.string("context_id") == kernel.kernel.id.rawValue)
                #expect(events.map(\.name) == ["start", "stdout", "result", "stderr", "result", "end"])
                #expect(events.dropFirst().prefix(3).map { $0.text ?? $0.string("text/plain") } == ["a\n", "1", "é\n"])
                let end = try KernelExecution(reply: try #require(events.last).data)
                #expect(end.results.map(\.isMain) == [false, true] && end.execution.stdout.text == "a\n")
            }
        }

        private static let endless: [(String, String, String, String)] = [
            ("python", "x = 7", "while True: pass", "x"),
            ("node", "const x = 7", "while (true) {}", "x"),
            ("node", "const x = 7", "await 1; while (true) {}", "x"),
            ("python", "x = 7", "import time; time.sleep(600)", "x"),
        ]

        @Test(arguments: endless)
        func aTimeOutKeepsTheVariables(
            _ language: String, _ first: String, _ endless: String, _ last: String
        ) async throws {
            try await KernelUnderTest.with(api, language) { kernel in
                _ = try await kernel.exec(first)
                let stopped = try await kernel.exec(endless, ["timeout_secs": 0.5])
                #expect(stopped.execution.status == .timedOut && stopped.execution.limit == .wall)
                #expect(!stopped.isRestarted && stopped.error != nil)
                #expect(try await kernel.value(last) == "7")
            }
        }

        @Test func codeThatDoesNotObeyIsKilled() async throws {
            try await KernelUnderTest.with(api, "python") { kernel in
                let code = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
                let killed = try await kernel.exec(code, ["timeout_secs": 0.5])
                #expect(killed.execution.status == .timedOut && killed.isRestarted)
                #expect(killed.execution.message?.contains("variables are lost") == true)
                #expect(try await kernel.value("'signal' in globals()") == "False")
                #expect(try await kernel.state().restarts == 1)
            }
        }

        private static let deaths: [(String, KernelCause, ExecutionStatus)] = [
            ("import os; os._exit(3)", .exited, .failed),
            ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", .signalled, .failed),
            ("big = bytearray(2 << 30)", .outOfMemory, .outOfMemory),
            (garbage, .protocolError, .failed),
            (hugeFrame, .protocolError, .failed),
        ]

        @Test(arguments: deaths)
        func aDeadKernelSaysWhy(_ code: String, _ cause: KernelCause, _ status: ExecutionStatus) async throws {
            try await KernelUnderTest.with(api, "python") { kernel in
                let last = try await kernel.exec(code)
                #expect(last.execution.status == status && last.execution.message != nil)
                let state = try await kernel.state()
                #expect(state.status == .dead && state.end?.cause == cause)
                let calls: [(String, JSONValue)] = [("exec", ["code": "1"]), ("interrupt", [:])]
                for (call, body) in calls {
                    let refused = try await api.send("POST", "\(kernel.path)/\(call)", json: body)
                    #expect(refused.status == 409 && refused.text.contains(cause.rawValue))
                }
                #expect(try await kernel.restart().status == .idle)
                #expect(try await kernel.value("1") == "1")
            }
        }

        private static let garbage = """
            import os, time
            for descriptor in range(3, 30):
                try: os.write(descriptor, b"garbage garbage")
                except OSError: pass
            time.sleep(600)
            """
        private static let hugeFrame = """
            import os, time
            for descriptor in range(3, 30):
                try: os.write(descriptor, b"\\xff\\xff\\xff\\x7f\\x00")
                except OSError: pass
            time.sleep(600)
            """

        @Test func largeResultsAreCut() async throws {
            try await KernelUnderTest.with(api, "python") { kernel in
                let large = try await kernel.exec("'x' * (20 << 20)")
                #expect(large.execution.status == .succeeded)
                #expect((large.results.first?.omitted["text/plain"] ?? 0) > 20 << 20)
                let endless = try await kernel.exec("while True: print('y' * 1000)", ["timeout_secs": 1])
                #expect(endless.execution.status == .timedOut && endless.execution.stdout.isTruncated)
                let many = try await kernel.exec("for n in range(1500): display(n)")
                #expect(many.results.count == 1000 && many.omittedResults == 500)
                #expect(try await kernel.value("1") == "1")
            }
        }

        @Test func callsTakeTurnsAndAnInterruptEndsOne() async throws {
            try await KernelUnderTest.with(api, "python") { kernel in
                _ = try await kernel.exec("x = []")
                async let endless = kernel.exec("x.append(1)\nprint('go')\nwhile True: pass")
                async let next = kernel.exec("x.append(2)\nx")
                while try await kernel.state().status != .busy {}
                // The interrupt may come before the code has begun. Another one follows.
                var status = KernelStatus.busy
                while status == .busy {
                    status = try await api.send("POST", kernel.path + "/interrupt").decoded(SandboxKernel.self).status
                }
                let outcomes = try await [endless, next]
                #expect(outcomes.contains { $0.execution.status == .cancelled })
            }
        }

        @Test func codeIsAmongTheExecutionsAndIsCancelledThere() async throws {
            try await KernelUnderTest.with(api, "python") { kernel in
                let place = api.sandboxPath("/\(kernel.sandbox.id)/executions")
                func records() async throws -> [ExecutionRecord] {
                    try await api.send("GET", place).decoded(Page<ListedExecution>.self).items.map(\.record)
                }
                let first = try await kernel.exec("x = bytearray(64 << 20)")
                #expect(first.execution.memoryPeakBytes >= 64 << 20)
                #expect(try await records().map(\.id) == [first.execution.id])
                let endless = Task { try await kernel.exec("while True: pass") }
                #expect(try await eventually { try await records().count == 2 })
                let waiting = Task { try await kernel.exec("x") }
                #expect(try await eventually { try await records().count == 3 })
                // The newest is the first of the list.
                for (index, task) in [waiting, endless].enumerated() {
                    let id = try await records()[index].id
                    #expect(try await api.send("DELETE", place + "/\(id)").status == 200)
                    let outcome = try await task.value
                    #expect(outcome.execution.id == id && outcome.execution.status == .cancelled)
                }
                #expect(try await kernel.value("len(x) >> 20") == "64")
                let events = try await api.events("GET", place + "/\(first.execution.id)/events")
                #expect(events.map(\.name) == ["start", "end"])
            }
        }

        @Test func outputIsFollowedByTheIdOfTheExecution() async throws {
            try await KernelUnderTest.with(api, "python") { kernel in
                let place = api.sandboxPath("/\(kernel.sandbox.id)/executions")
                // One write for each line, so one event.
                let code = """
                    import os, sys, time
                    sys.stdout.write('é\\n')
                    while not os.path.exists('go'): time.sleep(0.01)
                    sys.stdout.write('end\\n')
                    7
                    """
                let run = Task { try await kernel.exec(code) }
                var events = ""
                #expect(
                    try await eventually {
                        let records = try await api.send("GET", place).decoded(Page<ListedExecution>.self).items
                        guard let id = records.first?.record.id else { return false }
                        events = "\(place)/\(id)/events"
                        return try await api.send("GET", "\(place)/\(id)").json()["stdout"]?.stringValue == "é\n"
                    })
                let path = events
                async let followed = api.events("GET", path)
                _ = try await api.exec(kernel.sandbox, ["command": ["touch", "go"], "concurrent": true])
                let end = try await run.value
                #expect(end.execution.stdout.text == "é\nend\n")
                let seen = try await followed
                #expect(seen.map(\.name) == ["start", "stdout", "stdout", "end"])
                #expect(seen.compactMap(\.text).joined() == "é\nend\n")
                let again = try await api.events("GET", path + "?after_seq=1")
                #expect(again.map(\.name) == ["start", "stdout", "end"] && again[1].text == "end\n")
            }
        }

        @Test func aKernelEndsWithItsSandboxOrItsDeletion() async throws {
            let sandbox = try await api.createSandbox(["language": "python", "mode": "stateful"])
            let contexts = api.sandboxPath("/\(sandbox.id)/contexts")
            let ids = try await [1, 2].inTurn { _ in
                try await api.send("POST", contexts, json: [:]).decoded(SandboxKernel.self, status: 201).id
            }
            #expect(try await api.send("GET", contexts).decoded(Page<SandboxKernel>.self).items.count == 2)
            #expect(try await api.send("DELETE", contexts + "/\(ids[0])").status == 204)
            #expect(try await api.send("GET", contexts + "/\(ids[0])").status == 404)
            let other = api.with(namespace: "other")
            let foreign = other.sandboxPath("/\(sandbox.id)/contexts/\(ids[1])")
            #expect(try await other.send("GET", foreign).status == 404)
            try await api.deleteSandbox(sandbox.id)
            #expect(try await api.send("GET", contexts + "/\(ids[1])").status == 404)
        }

        @Test func wrongCallsAreRefused() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let contexts = api.sandboxPath("/\(sandbox.id)/contexts")
                let bodies: [JSONValue] = [[:], ["language": "nothing"], ["lang": "python"]]
                let statuses = try await bodies.inTurn { try await api.send("POST", contexts, json: $0).status }
                #expect(statuses == [422, 400, 400])
                #expect(try await api.send("GET", contexts + "/ctx_000000000000").status == 404)
            }
            try await api.withSandbox(["language": "python"]) { sandbox in
                let refused = try await api.send("POST", api.sandboxPath("/\(sandbox.id)/contexts"), json: [:])
                #expect(refused.status == 409)
            }
        }
    }
}
