// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine
import OutpostJobs
import OutpostStore

extension Handlers {
    func submitJob(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(JobRequest.self, call)
        return try await submit(request, call)
    }

    func submitSandboxJob(_ call: Call) async throws(OutpostError) -> Answer {
        var request = try await decoded(SandboxJobRequest.self, call).job
        request.sandboxID = try call.requireSandbox()
        return try await submit(request, call)
    }

    private func submit(_ request: JobRequest, _ call: Call) async throws(OutpostError) -> Answer {
        let taken = try await jobs.submit([request], in: call.requireNamespace()) { taken in
            taken.first.flatMap { call.keyed(.json($0.json, status: 201)) }
        }
        guard let job = taken.first else { throw OutpostError(.internal, "the job was not taken") }
        return .json(job.json, status: 201)
    }

    func submitJobs(_ call: Call) async throws(OutpostError) -> Answer {
        let batch = try await decoded(JobBatchRequest.self, call)
        let taken = try await jobs.submit(batch.jobs, in: call.requireNamespace(), within: .jobs) { taken in
            call.keyed(.json(JobBatchReply(jobs: taken).json, status: 201))
        }
        return .json(JobBatchReply(jobs: taken).json, status: 201)
    }

    func listJobs(_ call: Call) async throws(OutpostError) -> Answer {
        let query = try JobListQuery(query: call.query)
        let (found, total) = try await jobs.jobs(
            JobPageQuery(
                namespace: call.requireNamespace(), status: query.status, isDescending: query.list.order == .descending,
                offset: query.list.offset, limit: query.list.perPage))
        return .json(Page(found, of: total, query.list).json)
    }

    /// - Parameter isInSandbox: whether the path also names the sandbox, which must be that of the job.
    func getJob(_ call: Call, isInSandbox: Bool) async throws(OutpostError) -> Answer {
        let query = try PollQuery(query: call.query)
        let job = try await jobs.job(
            call.requireJob(), in: call.requireNamespace(), sandbox: isInSandbox ? try call.requireSandbox() : nil,
            waitSeconds: query.waitSeconds, room: call.makeRoom)
        return try await told(job, call)
    }

    func cancelJob(_ call: Call) async throws(OutpostError) -> Answer {
        try await told(try await jobs.cancel(call.requireJob(), in: call.requireNamespace(), room: call.makeRoom), call)
    }

    func callbackSecret(_ call: Call, replaces: Bool) async throws(OutpostError) -> Answer {
        let secret = try await jobs.callbackSecret(of: call.requireNamespace(), replaces: replaces)
        return .json(CallbackSecretReply(secret: secret).json)
    }

    /// Answers with a live stream when the caller accepts events, else with the output so far.
    func getJobLogs(_ call: Call) async throws(OutpostError) -> Answer {
        let id = try call.requireJob()
        let namespace = try call.requireNamespace()
        guard call.wantsEvents else {
            let logs = try await jobs.logs(id, in: namespace, room: call.makeRoom)
            let bytes = logs.stdout.bytes.count + logs.stderr.bytes.count
            try await makeRoom(bytes, call) { logs.stdout.mostJSONBytes + logs.stderr.mostJSONBytes }
            return try await encoded(bytes: bytes, call) { logs.json }
        }
        // An unknown id must be an error and not an empty stream.
        try await jobs.check(id, in: namespace)
        let hold = try QuotaHold(.streams, in: call.owner, of: engine.quotas)
        return .events { [jobs, work = engine.work, owner = call.owner, memory = call.memory] send in
            defer { hold.release() }
            let events = JobEventText()
            try await jobs.follow(id, in: namespace, room: { await memory?.wait(for: $0) }) { event in
                let job: Job? = if case .end(let job) = event { job } else { nil }
                let bytes = job?.result?.outputBytes ?? 0
                let most = try await work.run(bytes: bytes, for: owner) { () throws(OutpostError) in
                    job?.result?.mostJSONBytes ?? 0
                }
                await memory?.wait(for: bytes + most)
                try await send(
                    try await work.run(bytes: bytes, for: owner) { () throws(OutpostError) in events.bytes(event) })
            }
        }
    }
}

/// The body of a job for the sandbox in the path.
struct SandboxJobRequest: JSONBody {
    static let schema = JobRequest.schemaInSandbox
    let job: JobRequest

    var json: JSONValue { job.json }

    init(validated object: JSONObject) throws(OutpostError) { job = try JobRequest(validated: object) }
}

extension Call {
    /// Returns the answer to store for repetitions of this call; nil when the caller sent no `Idempotency-Key`.
    fileprivate func keyed(_ answer: @autoclosure () -> Answer) -> KeyedAnswer? {
        guard let idempotencyKey else { return nil }
        return KeyedAnswer(key: idempotencyKey, answer: RecordedAnswer(answer()))
    }
}
