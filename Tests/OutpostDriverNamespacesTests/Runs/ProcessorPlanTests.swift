// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostDriverNamespaces

/// Runs are spread over the processors, each over as many as it may use.
struct ProcessorPlanTests {
    @Test(arguments: [
        (0.01, 1), (0.25, 1), (0.5, 1), (1, 1), (1.01, 2), (1.5, 2), (2, 2), (2.5, 3), (7, 7), (4096, 4096),
        (.infinity, 65_536), (-1, 1),
    ])
    func aRunHasAsManyAsItMayUseAtOnce(cores: Double, count: Int) {
        #expect(ProcessorPlan.count(cores) == count)
    }

    @Test(arguments: [
        (4, 1.0, 1), (4, 0.25, 1), (4, 3, 3), (4, 4, 0), (4, 64, 0), (1, 0.5, 0), (0, 1, 0), (64, 63.5, 0),
        (64, 62.5, 63),
    ])
    func thatAreFewerThanAllOrNone(processors: Int, cores: Double, count: Int) {
        var plan = ProcessorPlan(ProcessorSet(0..<processors))
        #expect(plan.assign(1, cores: cores).count == count)
    }

    @Test func asManyRunsAsProcessorsShareNone() {
        var plan = ProcessorPlan(ProcessorSet([2, 3, 70, 71]))
        let sets = (0..<4).map { plan.assign($0, cores: 1) }
        #expect(Set(sets) == Set([2, 3, 70, 71].map { ProcessorSet([$0]) }))
    }

    @Test func whatIsFreedIsTakenNext() {
        var plan = ProcessorPlan(ProcessorSet(0..<4))
        let sets = (0..<4).map { plan.assign($0, cores: 1) }
        for run in [2, 0, 3, 3] as [UInt64] {
            plan.end(run)
            #expect(plan.assign(run, cores: 0.5) == sets[Int(run)])
        }
    }

    @Test func thoseThatWaitDoNotCountBesideThoseThatRun() {
        var plan = ProcessorPlan(ProcessorSet(0..<2))
        let running = plan.assign(1, cores: 1)
        for run in 2..<5 as Range<UInt64> { #expect(plan.assign(run, cores: 1, waits: true).isDisjoint(running)) }
        plan.end(1)
        #expect(plan.assign(5, cores: 1, waits: true) == running)
    }

    @Test func whatWaitedGoesWhereLessIsToBeDoneAndElseStays() {
        var plan = ProcessorPlan(ProcessorSet(0..<2))
        let first = plan.assign(1, cores: 1, waits: true)
        let second = plan.assign(2, cores: 1, waits: true)
        let third = plan.assign(3, cores: 1, waits: true)
        #expect(first == third && first != second)
        #expect(plan.begin(1, cores: 1) == first)
        #expect(plan.begin(3, cores: 1) == second)
        #expect(plan.begin(2, cores: 1) == second)
    }

    @Test func aProgramGetsAsManyAsItMayUseWhateverWaitedForIt() {
        var plan = ProcessorPlan(ProcessorSet(0..<4))
        for (run, cores, count) in [(1, 0.25, 1), (2, 2, 2), (3, 3, 3), (4, 4, 0)] as [(UInt64, Double, Int)] {
            #expect(plan.assign(run, cores: 1, waits: true).count == 1)
            #expect(plan.begin(run, cores: cores).count == count)
        }
        #expect(plan.begin(99, cores: 2).count == 2)
    }

    @Test func nobodySharesAProcessorWhileAnotherIsIdle() {
        var plan = ProcessorPlan(ProcessorSet(0..<2))
        let sets = (0..<4).map { plan.assign(UInt64($0), cores: 1) }
        #expect(plan.move() == nil)
        // What is left is on one processor.
        let left = (0..<4).filter { sets[$0] == sets[0] }.map { UInt64($0) }
        for run in (0..<4).map({ UInt64($0) }) where !left.contains(run) { plan.end(run) }
        let moved = plan.move()
        #expect(moved.map { left.contains($0.run) && $0.to != sets[0] && $0.to.count == 1 } == true)
        #expect(plan.move() == nil)
        for run in left { plan.end(run) }
        #expect(plan.move() == nil)
    }

    @Test func anyHistoryLeavesNothingBehind() {
        var generator = SystemRandomNumberGenerator()
        var plan = ProcessorPlan(ProcessorSet(0..<8))
        var live: [UInt64] = []
        for run in 0..<2000 as Range<UInt64> {
            let cores = Double.random(in: 0.1...9, using: &generator)
            _ = plan.assign(run, cores: cores, waits: Bool.random(using: &generator))
            live.append(run)
            if Bool.random(using: &generator), let run = live.randomElement() { _ = plan.begin(run, cores: cores) }
            if live.count > 20 { plan.end(live.remove(at: Int.random(in: 0..<20, using: &generator))) }
            _ = plan.move()
        }
        for run in live { plan.end(run) }
        let sets = (0..<8).map { plan.assign($0, cores: 1) }
        #expect(Set(sets).count == 8)
    }
}

extension ProcessorSet {
    fileprivate func isDisjoint(_ other: ProcessorSet) -> Bool { !numbers.contains(where: other.contains) }
}
