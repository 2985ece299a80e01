// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostMetrics

@testable import OutpostEngine

/// What an engine has counted so far; what was not counted is left out.
struct EngineCounts {
    let executions: [ExecutionStatus: Int]
    let programMilliseconds: Double
    let cpuMilliseconds: Double
    let poolHits: [PooledContent: Int]
    let poolMisses: [PooledContent: Int]
    let compilationHits: Int
    let compilationMisses: Int
    /// How often each step was.
    let steps: [RunStep: Int]

    init(_ registry: MetricsRegistry) {
        func counts<Value: CaseIterable & Hashable & RawRepresentable<String>>(
            _ read: (Value) -> Int?
        ) -> [Value: Int] {
            Dictionary(uniqueKeysWithValues: Value.allCases.map { ($0, read($0) ?? 0) }).filter { $0.value > 0 }
        }
        func number(_ name: String) -> Double { registry.value(name) ?? 0 }
        executions = counts { registry.value("outpost_executions_total", [("status", $0.rawValue)]).map { Int($0) } }
        programMilliseconds = (number("outpost_program_seconds_total") * 1e6).rounded() / 1000
        cpuMilliseconds = (number("outpost_program_cpu_seconds_total") * 1e6).rounded() / 1000
        poolHits = counts { registry.value("outpost_pool_hits_total", [("waiting", $0.rawValue)]).map { Int($0) } }
        poolMisses = counts { registry.value("outpost_pool_misses_total", [("waiting", $0.rawValue)]).map { Int($0) } }
        compilationHits = Int(number("outpost_compilation_hits_total"))
        compilationMisses = Int(number("outpost_compilation_misses_total"))
        steps = counts { registry.histogram(of: "outpost_step_seconds", [("step", $0.rawValue)])?.count }
    }
}

extension EngineFixture {
    var counts: EngineCounts { EngineCounts(registry) }
}
