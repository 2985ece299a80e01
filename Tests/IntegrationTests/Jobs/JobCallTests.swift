// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// The calls of the queue, and real programs behind them.
    @Suite(.serialized) struct JobCalls {
        let api: APIClient

        // A namespace of its own: other suites submit jobs meanwhile, and would be counted.
        init() throws { api = try SharedServer.server.api.with(namespace: "job-calls") }

        @Test func aJobRunsInTheSandboxItWasPromised() async throws {
            let job = try await api.submitJob("python", "print(6 * 7)")
            #expect(job.status == .queued && job.attempt == 0 && job.maxAttempts == 1 && job.result == nil)
            let ended = try await api.ended(job)
            #expect(ended.status == .succeeded && ended.attempt == 1 && ended.sandboxID == job.sandboxID)
            #expect(ended.result?.stdout.text == "42\n" && ended.result?.sandboxID == job.sandboxID)
            #expect(ended.startedAt != nil && ended.completedAt != nil && ended.expiresAt != nil)
            let other = "/\(job.sandboxID)/jobs/\(job.id)"
            #expect(try await api.send("GET", api.sandboxPath(other)).decoded(Job.self) == ended)
            let wrong = "/\(SandboxID())/jobs/\(job.id)"
            #expect(try await api.send("GET", api.sandboxPath(wrong)).status == 404)
        }

        private static let endings: [(String, JSONValue, JobStatus, ExecutionStatus)] = [
            ("exit 3", [:], .failed, .failed), ("sleep 60", ["timeout_ms": 200], .timedOut, .timedOut),
            ("tail /dev/zero", ["resource_limits": ["memory_mb": 32]], .failed, .outOfMemory),
        ]

        @Test(arguments: endings) func aJobSaysHowItEnded(
            _ code: String, _ extra: JSONValue, _ status: JobStatus, _ execution: ExecutionStatus
        ) async throws {
            let ended = try await api.ended(try await api.submitJob("bash", code, extra))
            #expect(ended.status == status && ended.result?.status == execution && ended.error == nil)
        }

        @Test func jobsOfAStatefulSandboxTakeTurnsWithItsOtherCalls() async throws {
            try await api.withSandbox(["language": "bash", "mode": "stateful"]) { sandbox in
                let script = "[ -e busy ] && echo met; touch busy; sleep 0.1; rm busy; echo $0 >> log"
                var jobs: [Job] = []
                for _ in 0..<4 {
                    let body: JSONValue = ["code": .string(script)]
                    let answer = try await api.send("POST", api.sandboxPath("/\(sandbox.id)/jobs"), json: body)
                    jobs.append(try answer.decoded(Job.self, status: 201))
                }
                let beside = try await api.exec(sandbox, code: script)
                #expect(beside.stdout.text == "")
                for job in jobs {
                    let ended = try await api.ended(job)
                    #expect(ended.sandboxID == sandbox.id && ended.result?.stdout.text == "")
                }
                #expect(try await api.exec(sandbox, code: "wc -l < log").stdout.text == "5\n")
            }
        }

        @Test func aJobOfADeletedSandboxSaysSo() async throws {
            let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
            let first = try await api.submitJob("bash", "sleep 30", ["sandbox_id": .string(sandbox.id.rawValue)])
            let second = try await api.submitJob("bash", "true", ["sandbox_id": .string(sandbox.id.rawValue)])
            #expect(try await eventually { try await api.job(first.id).startedAt != nil })
            try await api.deleteSandbox(sandbox.id)
            #expect(try await api.ended(first).status == .cancelled)
            let late = try await api.ended(second)
            #expect(late.status == .failed && late.attempt == 0 && late.error?.code == .notFound)
        }

        @Test func aBatchIsTakenWholeOrNotAtAll() async throws {
            let path = api.sandboxPath("/jobs/batch")
            let one: JSONValue = ["language": "bash", "code": "echo $0", "args": ["a"]]
            let before = try await api.jobs().total
            let refused = try await api.send(
                "POST", path, json: ["jobs": [one, one, ["language": "bash", "code": "", "timeout_ms": 99_000_000]]])
            #expect(refused.status == 422)
            #expect(try refused.error().details.first?.field.hasPrefix("jobs[2].") == true)
            let malformed = try await api.send("POST", path, json: ["jobs": [one, ["language": "bash"]]])
            #expect(try malformed.error().details.first?.field == "jobs[1].code")
            #expect(try await api.jobs().total == before)
            let many = JSONValue.array(Array(repeating: one, count: 1000))
            let taken = try await api.send("POST", path, json: ["jobs": many]).decoded(JobBatchReply.self, status: 201)
            #expect(Set(taken.jobs.map(\.id)).count == 1000)
            for job in taken.jobs.dropFirst(3) { _ = try await api.cancelJob(job.id) }
            for job in taken.jobs.prefix(3) { _ = try await api.ended(job) }
            let tooMany = JSONValue.array(Array(repeating: one, count: 1001))
            #expect(try await api.send("POST", path, json: ["jobs": tooMany]).status == 400)
        }

        @Test func cancellingWorksInEveryPhaseAndMoreThanOnce() async throws {
            let running = try await api.submitJob("bash", "echo begun; trap '' TERM INT; sleep 60 & wait")
            #expect(try await eventually { try await api.jobLogs(running.id).stdout.text == "begun\n" })
            #expect(try await api.job(running.id).status == .running)
            let cancelled = try await api.cancelJob(running.id)
            #expect(cancelled.status == .cancelled && cancelled.result?.stdout.text == "begun\n")
            #expect(try await api.cancelJob(running.id) == cancelled)
            let done = try await api.ended(try await api.submitJob("bash", "true"))
            #expect(try await api.cancelJob(done.id) == done)
            #expect(try await api.send("DELETE", api.sandboxPath("/jobs/\(JobID())")).status == 404)
        }

        @Test func logsComeWhileItRuns() async throws {
            let job = try await api.submitJob(
                "bash", "printf 'a\\xff'; echo err >&2; read -t 1 < /dev/zero; sleep 1; echo b")
            let events = try await api.send(
                "GET", api.sandboxPath("/jobs/\(job.id)/logs"), headers: ["Accept": "text/event-stream"])
            #expect(events.status == 200 && events.header("Content-Type") == "text/event-stream")
            let names = events.text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { $0.dropFirst(7) }
            #expect(
                names.first == "start" && names.last == "end" && names.contains("stdout") && names.contains("stderr"))
            #expect(events.text.contains(#""data_base64":"Yf8=""#) && events.text.contains(#""data":"b\n""#))
            let logs = try await api.jobLogs(job.id)
            #expect(logs.stdout.bytes == Array("a".utf8) + [0xff] + Array("b\n".utf8) && logs.stderr.text == "err\n")
            #expect(try await api.send("GET", api.sandboxPath("/jobs/\(JobID())/logs")).status == 404)
        }

        @Test func aLargeOutputIsReadBackWhole() async throws {
            let code = "head -c 300000 /dev/urandom | base64 -w 0"
            let job = try await api.ended(try await api.submitJob("bash", code))
            #expect(job.result?.stdout.bytes.count == 400_000 && job.error == nil)
            #expect(try await api.jobLogs(job.id).stdout == job.result?.stdout)
        }

        @Test func listsShowEachStatus() async throws {
            let job = try await api.ended(try await api.submitJob("bash", "exit 9"))
            let failed = try await api.jobs("status=failed&per_page=100")
            #expect(failed.items.contains { $0.id == job.id && $0.result == nil })
            #expect(failed.items.allSatisfy { $0.status == .failed })
            #expect(try await api.jobs("order=asc&per_page=1").items.count == 1)
            #expect(try await api.send("GET", api.sandboxPath("/jobs?status=lost")).status == 400)
            #expect(try await api.send("GET", api.sandboxPath("/jobs?colour=red")).status == 400)
        }

        private static let malformed: [(JSONValue, String)] = [
            (["priority": 101], "priority"), (["priority": "high"], "priority"),
            (["max_attempts": 0], "max_attempts"), (["callback_url": "ftp://a.example/"], "callback_url"),
            (["callback_url": "http://127.0.0.1:1/"], "callback_url"),
            (["callback_url": "http://[::1]/"], "callback_url"),
            (["callback_url": "http://169.254.169.254/latest"], "callback_url"), (["when": "now"], "when"),
        ]

        @Test(arguments: malformed) func whatIsMalformedIsNamed(_ extra: JSONValue, _ field: String) async throws {
            let body: JSONValue = ["language": "bash", "code": "true"]
            let answer = try await api.send("POST", api.sandboxPath("/jobs"), json: body.adding(extra))
            #expect(answer.status == 400)
            #expect(try answer.error().details.first?.field == field)
        }

        @Test func anotherNamespaceSeesNothing() async throws {
            let job = try await api.submitJob("bash", "true")
            let other = api.with(namespace: "other")
            let never = try await other.send("GET", other.sandboxPath("/jobs/\(JobID())")).error()
            let foreign = try await other.send("GET", other.sandboxPath("/jobs/\(job.id)")).error()
            #expect(foreign.code == never.code && foreign.code == .notFound)
            #expect(try await other.send("DELETE", other.sandboxPath("/jobs/\(job.id)")).status == 404)
            #expect(try await other.send("GET", other.sandboxPath("/jobs/\(job.id)/logs")).status == 404)
            #expect(try await other.jobs().items.allSatisfy { $0.namespace.rawValue == "other" })
            _ = try await api.ended(job)
        }

        @Test func scopesHold() async throws {
            let reader = try await newToken(.jobRead)
            let writer = try await newToken(.jobWrite)
            let sandboxes = try await newToken(.sandboxWrite)
            let body: JSONValue = ["language": "bash", "code": "true"]
            let job = try await writer.submitJob(body)
            _ = try await reader.ended(job)
            #expect(try await reader.send("POST", api.sandboxPath("/jobs"), json: body).status == 403)
            #expect(try await reader.send("DELETE", api.sandboxPath("/jobs/\(job.id)")).status == 403)
            #expect(try await reader.send("GET", api.sandboxPath("/jobs/callback-secret")).status == 403)
            #expect(try await writer.send("GET", api.sandboxPath("/jobs/\(job.id)")).status == 403)
            #expect(try await sandboxes.send("POST", api.sandboxPath("/jobs"), json: body).status == 403)
            #expect(try await sandboxes.send("GET", api.sandboxPath("/jobs")).status == 403)
        }

        private func newToken(_ scope: TokenScope) async throws -> APIClient {
            let request = TokenRequest(name: "of-\(scope)", namespace: NamespaceName(api.namespace), scopes: [scope])
            return try await api.asNewToken(request)
        }

        @Test func aSubmissionThatIsRepeatedByItsKeyIsOne() async throws {
            let body: JSONValue = ["language": "bash", "code": "true"]
            let headers = ["Idempotency-Key": "job-\(UInt64.random(in: 0...UInt64.max))"]
            let path = api.sandboxPath("/jobs")
            let first = try await api.send("POST", path, json: body, headers: headers).decoded(Job.self, status: 201)
            _ = try await api.ended(first)
            let again = try await api.send("POST", path, json: body, headers: headers).decoded(Job.self, status: 201)
            #expect(again == first)
            #expect(
                try await api.send("POST", path, json: body.adding(["args": ["x"]]), headers: headers).status == 409)
        }

        @Test func theSecretOfCallbacksIsKeptUntilItIsReplaced() async throws {
            let api = api.with(namespace: "secrets")
            let path = api.sandboxPath("/jobs/callback-secret")
            let first = try await api.send("GET", path).decoded(CallbackSecretReply.self)
            #expect(first.secret.hasPrefix("whsec_"))
            #expect(try await api.send("GET", path).decoded(CallbackSecretReply.self) == first)
            let second = try await api.send("PUT", path).decoded(CallbackSecretReply.self)
            #expect(second != first)
            #expect(try await api.send("GET", path).decoded(CallbackSecretReply.self) == second)
        }

        @Test func theMetricsTellOfTheQueue() async throws {
            _ = try await api.ended(try await api.submitJob("bash", "true"))
            let text = try await api.send("GET", "/metrics").text
            for name in [
                "outpost_jobs_submitted_total", "outpost_jobs{status=\"succeeded\"}", "outpost_jobs{status=\"queued\"}",
                "outpost_jobs_ended_total{status=\"succeeded\"}", "outpost_jobs_oldest_queued_seconds",
                "outpost_job_wait_seconds_count", "outpost_job_run_seconds_bucket", "outpost_jobs_retries_total",
                "outpost_callbacks_total{outcome=\"delivered\"}",
            ] {
                #expect(text.contains("\n\(name)"), "\(name) is missing")
            }
        }
    }
}
