// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Assigns processors to runs. Each run gets as many as it may use at one time, the ones with the fewest runs. This
/// spreads the load, and a runtime that counts its processors finds the number that its run has.
///
/// A warm interpreter has processors too but uses none. When its program begins, it moves if its processors are busier
/// than others.
struct ProcessorPlan {
    private struct Holder {
        var set: ProcessorSet
        var waits: Bool
    }

    /// The runs on one processor.
    private struct Load: Comparable {
        var running = 0
        var waiting = 0

        static func < (first: Load, second: Load) -> Bool {
            (first.running, first.waiting) < (second.running, second.waiting)
        }
    }

    /// The host's processors, in ascending order.
    private let numbers: [Int]
    private var loads: [Load]
    private var holders: [UInt64: Holder] = [:]
    /// The position where the next search begins. With equal loads each processor gets its turn. Otherwise two servers
    /// on one host would both begin with the first one.
    private var next = 0

    /// Creates an empty plan.
    ///
    /// - Parameter processors: the processors that runs may use.
    init(_ processors: ProcessorSet) {
        numbers = processors.numbers
        loads = [Load](repeating: Load(), count: numbers.count)
    }

    /// Returns how many processors a run can use at one time.
    static func count(_ cores: Double) -> Int { Int(max(1, min(cores, 65_536)).rounded(.up)) }

    /// Assigns processors to a run.
    ///
    /// - Parameters:
    ///   - waits: whether it is a warm interpreter.
    ///   - old: the processors of the previous run in the sandbox. They are kept if they are not busier, because the
    ///     sandbox already shows them as online.
    /// - Returns: the processors. An empty set means all.
    mutating func assign(
        _ run: UInt64, cores: Double, waits: Bool = false, after old: ProcessorSet = ProcessorSet()
    ) -> ProcessorSet {
        let set = least(Self.count(cores), orAsGood: old)
        add(run, Holder(set: set, waits: waits))
        return set
    }

    /// Counts a warm interpreter as running.
    ///
    /// - Returns: its processors. They change if their number is wrong or they are busier than others.
    mutating func begin(_ run: UInt64, cores: Double) -> ProcessorSet {
        let old = holders[run]?.set ?? ProcessorSet()
        end(run)
        let set = least(Self.count(cores), orAsGood: old)
        add(run, Holder(set: set, waits: false))
        return set
    }

    /// Removes a run that has ended.
    mutating func end(_ run: UInt64) {
        guard let holder = holders.removeValue(forKey: run) else { return }
        change(holder, by: -1)
    }

    /// Moves a run from the busiest to the idlest processor, if they differ by two runs or more.
    ///
    /// - Returns: the run and its new processors. Nil when no run moves.
    mutating func move() -> (run: UInt64, to: ProcessorSet)? {
        guard let idle = loads.indices.min(by: { loads[$0].running < loads[$1].running }),
            let busy = loads.indices.max(by: { loads[$0].running < loads[$1].running }),
            loads[busy].running - loads[idle].running > 1
        else { return nil }
        let (from, to) = (numbers[busy], numbers[idle])
        guard
            let run = holders.first(where: {
                !$0.value.waits && $0.value.set.contains(from) && !$0.value.set.contains(to)
            })?.key, var holder = holders[run]
        else { return nil }
        change(holder, by: -1)
        holder.set.remove(from)
        holder.set.insert(to)
        add(run, holder)
        return (run, holder.set)
    }

    private mutating func add(_ run: UInt64, _ holder: Holder) {
        if holder.set.isEmpty { return }
        holders[run] = holder
        change(holder, by: 1)
    }

    private mutating func change(_ holder: Holder, by difference: Int) {
        for (position, number) in numbers.enumerated() where holder.set.contains(number) {
            if holder.waits { loads[position].waiting += difference } else { loads[position].running += difference }
        }
    }

    /// Returns the processors with the least load, or `old` if they have no more. An empty set means all.
    private mutating func least(_ count: Int, orAsGood old: ProcessorSet) -> ProcessorSet {
        let set = least(count)
        return set.count == old.count && running(on: old) <= running(on: set) ? old : set
    }

    private mutating func least(_ count: Int) -> ProcessorSet {
        guard count < numbers.count else { return ProcessorSet() }
        var set = ProcessorSet()
        for _ in 0..<count {
            let order = (0..<numbers.count).map { (next + $0) % numbers.count }
            let free = order.filter { !set.contains(numbers[$0]) }
            guard let best = free.min(by: { loads[$0] < loads[$1] }) else { break }
            set.insert(numbers[best])
            next = (best + 1) % numbers.count
        }
        return set
    }

    private func running(on set: ProcessorSet) -> Int {
        numbers.indices.reduce(0) { $0 + (set.contains(numbers[$1]) ? loads[$1].running : 0) }
    }
}
