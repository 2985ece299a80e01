// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostEngine
import OutpostJobs
import OutpostServer
import Testing

@testable import outpost

/// Every key of the configuration file has its effect, and what the server does not understand is refused by name.
struct ConfigurationFileTests {
    private static let host = ResourceLimits(
        memoryMiB: 8192, cpuCores: 8, timeoutMilliseconds: 3_600_000, diskMiB: 51_200, maxProcesses: 4096,
        maxOutputBytes: 64 << 20)

    @Test func theKeysOfTheServer() async throws {
        let file = try await configuration(
            """
            listen: 127.0.0.1:1
            data_dir: /d
            languages_dir: /l
            tls: {cert: /c, key: /k}
            insecure_http: true
            dashboard: false
            body_limit_bytes: 2048
            idle_timeout_secs: 5
            log_level: debug
            slots: 100
            first_id: 100000
            low_memory_percent: 7
            image: {etc_extra: [/etc/own.conf, /var/lib/own]}
            """)
        #expect(file.listen == "127.0.0.1:1")
        #expect(file.dataDirectory == "/d")
        #expect(file.languagesDirectory == "/l")
        #expect(file.tls == APIServer.TLS(certificate: "/c", privateKey: "/k"))
        #expect(file.insecureHTTP)
        #expect(!file.hasDashboard)
        #expect(file.bodyLimit == 2048)
        #expect(file.idleTimeoutSeconds == 5)
        #expect(file.logLevel == .debug)
        #expect(file.slots == 100)
        #expect(file.firstID == 100_000)
        #expect(file.lowMemoryPercent == 7)
        #expect(file.extraConfiguration == ["/etc/own.conf", "/var/lib/own"])
    }

    @Test func theKeysOfTheEngine() async throws {
        let engine = try await configuration(
            """
            max_connections: 40
            max_body_memory_mb: 50
            max_concurrent_runs: 6
            unload_after_secs: 8
            drain_secs: 9
            allow_seccomp_disabled: true
            pool: {floor: 1, ceiling: 2, idle_secs: 3}
            slots: 80
            """
        ).engine(maxima: Self.host)
        #expect(engine.maxConnections == 40)
        #expect(engine.maxBodyMiB == 50)
        #expect(engine.maxConcurrentRuns == 6)
        #expect(engine.unloadAfterSeconds == 8)
        #expect(engine.drainSeconds == 9)
        #expect(engine.allowSeccompDisabled)
        #expect(engine.pool.floor == 1 && engine.pool.ceiling == 2 && engine.pool.idleSeconds == 3)
        // An eighth of the slots is left for other sandboxes.
        #expect(engine.maxLiveSandboxes == 70)
    }

    @Test func theKeysOfTheLimits() async throws {
        let keys = ["memory_mb", "cpu_cores", "timeout_ms", "disk_mb", "max_processes", "max_output_bytes"]
        func section(_ numbers: ClosedRange<Int>) -> String {
            "{" + zip(keys, numbers).map { "\($0): \($1)" }.joined(separator: ", ") + "}"
        }
        func limits(_ numbers: ClosedRange<Int>) -> ResourceLimits {
            let values = Array(numbers)
            return ResourceLimits(
                memoryMiB: values[0], cpuCores: Double(values[1]), timeoutMilliseconds: values[2], diskMiB: values[3],
                maxProcesses: values[4], maxOutputBytes: values[5])
        }
        let file = try await configuration("limits: {defaults: \(section(10...15)), maxima: \(section(20...25))}")
        #expect(
            try file.engine(maxima: Self.host).limits == LimitPolicy(defaults: limits(10...15), maxima: limits(20...25))
        )
    }

    @Test func theKeysOfTheQuotas() async throws {
        let team = try #require(NamespaceName("team-a"))
        let names = Quota.configurable
        let each = names.enumerated().map { "\($1.rawValue): \($0 + 100)" }.joined(separator: ", ")
        let rest = "cpu_weight: 50, cpu_cores: 1.5, max_processes: 9, memory_mb: 64"
        let file = try await configuration(
            "quotas: {default: {\(each), \(rest)}, namespaces: {team-a: {max_sandboxes: 4}}}")
        let quotas = try file.engine(maxima: Self.host).quotas
        for (index, quota) in names.enumerated() { #expect(quotas.standard.values[quota] == index + 100, "\(quota)") }
        #expect(
            quotas.share(of: team)
                == QuotaPolicy(standard: quotas.standard).share(of: .default), "the rest is that of all namespaces")
        #expect(
            [quotas.standard.cpuWeight, quotas.standard.maxProcesses, quotas.standard.memoryMiB] == [50, 9, 64])
        #expect(quotas.standard.cpuCores == 1.5)
        #expect(quotas.limit(.sandboxes, in: team) == 4)
    }

    @Test func theOlderNameOfTheQuotaForCompiledPrograms() async throws {
        func quota(_ text: String) async throws -> Int? {
            try await configuration(text).engine(maxima: Self.host).quotas.limit(.compiledPrograms, in: .default)
        }
        #expect(try await quota("compile_cache_mb: 12") == 12)
        #expect(try await quota("compile_cache_mb: 12\nquotas: {default: {compile_cache_mb: 13}}") == 13)
    }

    @Test func theKeysOfTheIsolation() async throws {
        let team = try #require(NamespaceName("team-a"))
        let file = try await configuration("isolation: {minimum: gvisor, namespaces: {team-a: {minimum: namespaces}}}")
        #expect(
            try file.engine(maxima: Self.host).isolation
                == IsolationPolicy(minimum: .gvisor, namespaces: [team: .namespaces]))
    }

    @Test func theKeysOfJobsAndCallbacks() async throws {
        let file = try await configuration(
            """
            jobs: {workers: 3, max_running: 2, max_queued: 4, retention_secs: 5, lease_secs: 6}
            callbacks: {allow: [10.1.0.0/16]}
            """)
        #expect(file.jobs.workers == 3 && file.jobs.maxRunning == 2 && file.jobs.maxQueued == 4)
        #expect(file.jobs.retentionSeconds == 5 && file.jobs.leaseSeconds == 6)
        // The number of workers alone decides how many of them one namespace may have.
        let most = try await configuration("jobs: {workers: 40}").jobs.maxRunning
        #expect((1..<40).contains(most))
        let wrong = try await refusal(of: "callbacks: {allow: [10.1.0.0/99]}")
        #expect(wrong.message.contains("callbacks: allow has a wrong entry"))
    }

    /// The largest id means "no id" (user_namespaces(7)).
    @Test func noSlotHasTheLargestId() async throws {
        let file = try await configuration("slots: 32768\nfirst_id: 2147418112")
        #expect(UInt64(file.firstID) + UInt64(file.slots) * 65_536 <= UInt64(UInt32.max))
    }

    @Test func anEmptyFileIsWithoutSettings() async throws {
        let file = try await configuration("# nothing\n")
        let none = ConfigurationFile()
        #expect(file.listen == nil && file.tls == nil && !file.insecureHTTP && file.hasDashboard)
        #expect(file.slots == none.slots && file.bodyLimit == none.bodyLimit)
        let limits = try file.engine(maxima: Self.host).limits
        #expect(limits == LimitPolicy(defaults: .shippedDefaults, maxima: Self.host))
    }

    @Test func theShippedDefaultsShrinkToAHostWithLess() throws {
        var small = Self.host
        small.memoryMiB = 256
        small.cpuCores = 0.5
        let limits = try ConfigurationFile().engine(maxima: small).limits
        #expect(limits.defaults.memoryMiB == 256 && limits.defaults.cpuCores == 0.5)
    }

    @Test func aDefaultOfTheOperatorAboveTheMaximumIsRefused() async throws {
        let file = try await configuration("limits: {defaults: {memory_mb: 65}, maxima: {memory_mb: 64}}")
        #expect(throws: OutpostError.self) { try file.engine(maxima: Self.host) }
    }

    @Test func twoOfTheLargestBodiesFitInMemory() async throws {
        let file = try await configuration("body_limit_bytes: 1073741824\nmax_body_memory_mb: 4")
        #expect(try file.engine(maxima: Self.host).maxBodyMiB == 2050)
    }

    @Test(arguments: [
        ("", "listn"), ("tls: ", "certs"), ("image: ", "etc"), ("pool: ", "flor"), ("limits: ", "default"),
        ("limits: defaults: ", "memory"), ("limits: maxima: ", "memory"), ("jobs: ", "worker"),
        ("callbacks: ", "alow"), ("quotas: ", "standard"), ("quotas: default: ", "max_sandbox"),
        ("quotas: namespaces: team-a: ", "max_sandbox"), ("isolation: ", "minimun"),
        ("isolation: namespaces: team-a: ", "minimun"),
    ])
    func anUnknownKeyIsRefusedWhereverItIs(place: String, key: String) async throws {
        let sections = place.split(separator: " ").map { $0 + " {" }.joined()
        let others = place == "tls: " ? "cert: /c, key: /k, " : ""
        let error = try await refusal(
            of: "{" + sections + others + "\(key): 1" + String(repeating: "}", count: sections.count { $0 == "{" } + 1))
        #expect(error.code == .invalidRequest)
        #expect(error.message.hasSuffix("\(place)\(key) is not a known setting"), "\(error.message)")
    }

    @Test(arguments: [
        ("[1]", "must be a mapping"), ("1: 2\n? [a]\n: b", "has a key that is not text"), ("{", "outpost.yaml"),
        ("listen: ''", "listen must be text"), ("listen: [a]", "listen must be text"),
        ("insecure_http: 1", "insecure_http must be true or false"),
        ("allow_seccomp_disabled: maybe", "allow_seccomp_disabled must be true or false"),
        ("slots: many", "slots must be a whole number from 1 to 32768"), ("slots: 0", "slots must be a whole number"),
        ("slots: 1.5", "slots must be a whole number"), ("slots: 32769", "slots must be a whole number"),
        ("slots: [1]", "slots must be a whole number"), ("first_id: 65535", "first_id must be a whole number"),
        ("first_id: 2147418113", "first_id must be a whole number"),
        ("log_level: loud", "log_level must be one of"), ("tls: {cert: /c}", "tls: cert and key are both required"),
        ("tls: /c", "tls must be a mapping"), ("limits: 1", "limits must be a mapping"),
        ("limits: {defaults: {cpu_cores: much}}", "cpu_cores must be a number from"),
        ("limits: {maxima: {cpu_cores: 0}}", "cpu_cores must be a number from"),
        ("image: {etc_extra: /etc/x}", "etc_extra must be a list of texts"),
        ("image: {etc_extra: [[a]]}", "etc_extra must be a list of texts"),
        ("image: {etc_extra: [/usr/x]}", "has an entry that is not a path below /etc or /var/lib: /usr/x"),
        ("image: {etc_extra: [/etc/../root]}", "has an entry that is not a path below /etc or /var/lib"),
        ("image: {etc_extra: [/etc/shadow]}", "has an entry that may contain a secret: /etc/shadow"),
        ("image: {etc_extra: [/etc/passwd]}", "has an entry that every sandbox has already: /etc/passwd"),
        ("isolation: {minimum: strong}", "minimum must be one of"),
        ("isolation: {namespaces: {'A B': {minimum: gvisor}}}", "A B is not the name of a namespace"),
        ("quotas: {namespaces: {'A B': {}}}", "A B is not the name of a namespace"),
        ("quotas: {default: {max_sandboxes: -1}}", "max_sandboxes must be a whole number from 0"),
        ("jobs: {lease_secs: 0}", "lease_secs must be a whole number from 1 to 3600"),
        ("pool: {floor: 1001}", "floor must be a whole number from 0 to 1000"),
    ])
    func aWrongValueIsRefusedByItsKey(text: String, problem: String) async throws {
        let error = try await refusal(of: text)
        #expect(error.code == .invalidRequest)
        #expect(error.message.contains(problem), "\(error.message)")
    }

    @Test func aFileThatCannotBeReadIsRefused() {
        let error = #expect(throws: OutpostError.self) { try ConfigurationFile(path: "/nowhere/outpost.yaml") }
        #expect(error?.message.contains("the configuration file cannot be read") == true)
    }
}
