// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCallbacks
import OutpostCore
import OutpostEngine
import OutpostImage
import OutpostJobs
import OutpostLinux
import OutpostServer
import Yams

/// The configuration file. Every key is optional. An unknown key is an error, because a misspelt limit must not have
/// the effect of no limit.
struct ConfigurationFile {
    var listen: String?
    var dataDirectory: String?
    var languagesDirectory: String?
    var tls: APIServer.TLS?
    var insecureHTTP = false
    var hasDashboard = true
    var bodyLimit = 10 << 20
    var idleTimeoutSeconds = 75
    var logLevel = Logger.Level.info
    var slots: UInt32 = 4096
    var firstID: UInt32 = 0x7000_0000
    /// The percentage of the host's memory below which memory is low.
    var lowMemoryPercent = 25
    var jobs = JobConfiguration(
        workers: HostFacts.processors * 4, maxRunning: FairShare.most(of: HostFacts.processors * 4))
    /// The addresses that callbacks may reach besides the public internet.
    var callbackPolicy = CallbackPolicy.publicOnly
    /// Paths of the host's configuration that sandboxes get besides the usual ones.
    var extraConfiguration: [String] = []
    /// The size of all output in memory, in MiB; nil for the default, which depends on other settings.
    private var maxOutputMiB: Int?
    private var defaults = ResourceLimitsRequest()
    private var maxima = ResourceLimitsRequest()
    private var settings = EngineConfiguration(
        limits: LimitPolicy(defaults: .shippedDefaults, maxima: .shippedDefaults))

    init() {}

    /// Reads the file at `path`.
    ///
    /// - Throws: `invalid_request` that names the key, when the file cannot be read or a value is wrong.
    init(path: String) throws {
        let text: String
        do throws(SystemError) {
            text = try readText(path)
        } catch {
            throw OutpostError(.invalidRequest, "the configuration file cannot be read: \(error)")
        }
        let root: Yams.Node?
        do { root = try Yams.compose(yaml: text) } catch { throw OutpostError(.invalidRequest, "\(path): \(error)") }
        guard let root else { return }
        var section = try ConfigurationSection(root, name: path)
        listen = try section.text("listen")
        dataDirectory = try section.text("data_dir")
        languagesDirectory = try section.text("languages_dir")
        insecureHTTP = try section.flag("insecure_http") ?? false
        hasDashboard = try section.flag("dashboard") ?? true
        bodyLimit = try section.number("body_limit_bytes", 1024...(1 << 30)) ?? bodyLimit
        idleTimeoutSeconds = try section.number("idle_timeout_secs", 1...3600) ?? idleTimeoutSeconds
        // Each slot has 65536 ids. With these ranges none of them is 4294967295, which means "no id" (user_namespaces(7)).
        slots = UInt32(try section.number("slots", 1...32_768) ?? Int(slots))
        firstID = UInt32(try section.number("first_id", 65_536...0x7fff_0000) ?? Int(firstID))
        lowMemoryPercent = try section.number("low_memory_percent", 0...100) ?? lowMemoryPercent
        if let level = try section.text("log_level") {
            guard let known = Logger.Level(rawValue: level) else {
                throw section.problem("log_level", "must be one of \(Logger.Level.allCases.map(\.rawValue))")
            }
            logLevel = known
        }
        if var files = try section.section("tls") {
            guard let certificate = try files.text("cert"), let key = try files.text("key") else {
                throw files.problem("cert", "and key are both required")
            }
            tls = APIServer.TLS(certificate: certificate, privateKey: key)
            try files.finish()
        }
        try readImage(&section)
        try readEngine(&section)
        try readJobs(&section)
        try section.finish()
    }

    private mutating func readImage(_ section: inout ConfigurationSection) throws(OutpostError) {
        guard var part = try section.section("image") else { return }
        extraConfiguration = try part.texts("etc_extra") ?? []
        for path in extraConfiguration {
            guard extraConfiguration.count <= 500, path.utf8.count < 4096,
                path.hasPrefix("/etc/") || path.hasPrefix("/var/lib/"),
                !path.pathComponents.contains("..")
            else {
                throw part.problem("etc_extra", "has an entry that is not a path below /etc or /var/lib: \(path)")
            }
            switch ConfigurationStanding(of: path) {
            case .secret: throw part.problem("etc_extra", "has an entry that may contain a secret: \(path)")
            case .ofImage: throw part.problem("etc_extra", "has an entry that every sandbox has already: \(path)")
            case .ofHost, .open: break
            }
        }
        try part.finish()
    }

    private mutating func readEngine(_ section: inout ConfigurationSection) throws(OutpostError) {
        settings.quotas = try QuotaPolicy(&section)
        settings.isolation = try IsolationPolicy(&section)
        // The older name of this quota, for all namespaces.
        if let limit = try section.number("compile_cache_mb", 0...(1 << 20)),
            settings.quotas.standard.values[.compiledPrograms] == nil
        {
            settings.quotas.standard.values[.compiledPrograms] = limit
        }
        settings.maxConnections = try section.number("max_connections", 4...100_000) ?? settings.maxConnections
        settings.maxLiveProcesses =
            try section.number("max_live_processes", 4...100_000) ?? settings.maxLiveProcesses
        settings.maxStreams = try section.number("max_streams", 4...100_000) ?? settings.maxStreams
        settings.maxBodyMiB = try section.number("max_body_memory_mb", 4...(1 << 20)) ?? settings.maxBodyMiB
        maxOutputMiB = try section.number("max_output_memory_mb", 4...(1 << 20))
        settings.maxConcurrentRuns =
            try section.number("max_concurrent_runs", 1...100_000) ?? settings.maxConcurrentRuns
        settings.unloadAfterSeconds = try section.number("unload_after_secs", 0...86_400) ?? settings.unloadAfterSeconds
        settings.drainSeconds = try section.number("drain_secs", 0...3600) ?? settings.drainSeconds
        settings.allowSeccompDisabled = try section.flag("allow_seccomp_disabled") ?? false
        if var part = try section.section("pool") {
            settings.pool.floor = try part.number("floor", 0...1000) ?? settings.pool.floor
            settings.pool.ceiling = try part.number("ceiling", 0...1000) ?? settings.pool.ceiling
            settings.pool.idleSeconds = try part.number("idle_secs", 1...86_400) ?? settings.pool.idleSeconds
            try part.finish()
        }
        guard var limits = try section.section("limits") else { return }
        if var part = try limits.section("defaults") {
            defaults = try Self.limits(&part)
            try part.finish()
        }
        if var part = try limits.section("maxima") {
            maxima = try Self.limits(&part)
            try part.finish()
        }
        try limits.finish()
    }

    private mutating func readJobs(_ section: inout ConfigurationSection) throws(OutpostError) {
        if var part = try section.section("jobs") {
            jobs.workers = try part.number("workers", 0...10_000) ?? jobs.workers
            jobs.maxRunning = try part.number("max_running", 1...10_000) ?? max(1, FairShare.most(of: jobs.workers))
            jobs.maxQueued = try part.number("max_queued", 1...100_000_000) ?? jobs.maxQueued
            let retention = try part.number("retention_secs", 1...31_536_000)
            jobs.retentionSeconds = retention.map(Int64.init) ?? jobs.retentionSeconds
            jobs.leaseSeconds = try part.number("lease_secs", 1...3600) ?? jobs.leaseSeconds
            try part.finish()
        }
        if var part = try section.section("callbacks") {
            let entries = try part.texts("allow") ?? []
            do throws(OutpostError) {
                callbackPolicy = try CallbackPolicy(allowing: entries)
            } catch {
                throw part.problem("allow", "has a wrong entry: \(error.message)")
            }
            try part.finish()
        }
    }

    private static func limits(_ section: inout ConfigurationSection) throws(OutpostError) -> ResourceLimitsRequest {
        ResourceLimitsRequest(
            memoryMiB: try section.number("memory_mb", 4...(1 << 24)),
            cpuCores: try section.real("cpu_cores", 0.01...4096),
            timeoutMilliseconds: try section.number("timeout_ms", 1...604_800_000),
            diskMiB: try section.number("disk_mb", 1...(1 << 24)),
            maxProcesses: try section.number("max_processes", 1...4_194_304),
            maxOutputBytes: try section.number("max_output_bytes", 1...(1 << 30)))
    }

    /// Returns the size of all output in memory, in MiB. Without the operator's number, all runs and jobs with default
    /// limits fit. Two runs with the largest limits always fit. Otherwise one of them would block all others.
    private func outputMiB(_ engine: EngineConfiguration) -> Int {
        let most = engine.maxConcurrentRuns + jobs.workers
        let wanted = maxOutputMiB ?? (most * engine.limits.defaults.mostOutputMemory()) >> 20
        let largest = engine.limits.maxima.mostOutputMemory(isInterleaved: true)
        return max(wanted, (2 * largest) >> 20 + 1)
    }

    /// Returns the configuration of the engine.
    ///
    /// - Parameter hostMaxima: the maxima for limits that the file does not set.
    /// - Throws: `invalid_request` when a default limit is above its maximum.
    func engine(maxima hostMaxima: ResourceLimits) throws(OutpostError) -> EngineConfiguration {
        var result = settings
        // Two bodies of the largest size must fit. Otherwise one large body would block all others.
        result.maxBodyMiB = max(result.maxBodyMiB, 2 * (bodyLimit >> 20) + 2)
        // The other slots are for ephemeral sandboxes and for the warm pool.
        result.maxLiveSandboxes = max(1, Int(slots) - Int(slots) / 8)
        let maxima = maxima.applied(to: hostMaxima)
        // The shipped defaults can be above the maxima of a small host.
        var defaults = self.defaults.applied(to: .shippedDefaults)
        if self.defaults.memoryMiB == nil { defaults.memoryMiB = min(defaults.memoryMiB, maxima.memoryMiB) }
        if self.defaults.cpuCores == nil { defaults.cpuCores = min(defaults.cpuCores, maxima.cpuCores) }
        result.limits = LimitPolicy(defaults: defaults, maxima: maxima)
        _ = try result.limits.checked(defaults)
        result.maxOutputMiB = outputMiB(result)
        return result
    }
}
