// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Which processors each run is held to: as many as it may use at once, those with the fewest runs. What a host's runs ask of
/// its processors is so spread without the kernel's help, and every runtime that counts the processors it may use finds as
/// many as its run has.
///
/// An interpreter that waits has its processors too, but uses none; it gets others when it begins, if those are busier.
struct ProcessorPlan {
    private struct Holder {
        var set: ProcessorSet
        var waits: Bool
    }

    /// What is on one processor.
    private struct Load: Comparable {
        var running = 0
        var waiting = 0

        static func < (first: Load, second: Load) -> Bool {
            (first.running, first.waiting) < (second.running, second.waiting)
        }
    }

    /// The host's, ascending.
    private let numbers: [Int]
    private var loads: [Load]
    private var holders: [UInt64: Holder] = [:]
    /// Where the next search begins: where all have as much to do, each gets its turn, so that two servers on one host do not
    /// both begin with the first.
    private var next = 0

    /// - Parameter processors: those on which this host's runs may be.
    init(_ processors: ProcessorSet) {
        numbers = processors.numbers
        loads = [Load](repeating: Load(), count: numbers.count)
    }

    /// How many processors a run can use at once.
    static func count(_ cores: Double) -> Int { Int(max(1, min(cores, 65_536)).rounded(.up)) }

    /// Chooses the processors of a run.
    ///
    /// - Parameters:
    ///   - waits: whether it is an interpreter that waits for its program.
    ///   - old: those of the run before in its sandbox, which finds them online already.
    /// - Returns: none where it may use all.
    mutating func assign(
        _ run: UInt64, cores: Double, waits: Bool = false, after old: ProcessorSet = ProcessorSet()
    ) -> ProcessorSet {
        let set = least(Self.count(cores), orAsGood: old)
        add(run, Holder(set: set, waits: waits))
        return set
    }

    /// Has an interpreter that waited count as running.
    ///
    /// - Returns: its processors, others than before if those were too many or too few, or busier than others.
    mutating func begin(_ run: UInt64, cores: Double) -> ProcessorSet {
        let old = holders[run]?.set ?? ProcessorSet()
        end(run)
        let set = least(Self.count(cores), orAsGood: old)
        add(run, Holder(set: set, waits: false))
        return set
    }

    /// Forgets a run that is over.
    mutating func end(_ run: UInt64) {
        guard let holder = holders.removeValue(forKey: run) else { return }
        change(holder, by: -1)
    }

    /// A run that shares a processor while another has less to do by two, with its processors from now on.
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

    /// The processors with the least to do, or `old` where those have no more; none when it would be all.
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
