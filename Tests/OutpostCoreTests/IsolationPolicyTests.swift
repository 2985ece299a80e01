// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

/// Nobody gets a weaker isolation than the operator wants, nor another than was asked for.
struct IsolationPolicyTests {
    /// What a request gets, or the code of its refusal, where the default is gvisor and team-a has a microvm.
    private func outcome(_ wanted: Isolation?, _ namespace: String, having available: Isolation) throws -> String {
        let team = try #require(NamespaceName("team-a"))
        let policy = IsolationPolicy(minimum: .gvisor, namespaces: [team: .microvm])
        do throws(OutpostError) {
            return try policy.granted(
                wanted, in: namespace == "team-a" ? team : .default, having: available
            ).rawValue
        } catch {
            #expect(error.message.hasPrefix("security.isolation "))
            return "\(error.code.rawValue)"
        }
    }

    @Test(
        arguments: [
            (nil, "default", .gvisor, "gvisor"), (nil, "default", .microvm, "microvm"),
            (nil, "default", .namespaces, "unprocessable"), (nil, "team-a", .gvisor, "unprocessable"),
            (.gvisor, "default", .gvisor, "gvisor"), (.gvisor, "default", .microvm, "unprocessable"),
            (.microvm, "default", .gvisor, "unprocessable"), (.namespaces, "default", .namespaces, "forbidden"),
            (.namespaces, "default", .microvm, "forbidden"), (.gvisor, "team-a", .gvisor, "forbidden"),
            (.gvisor, "team-a", .microvm, "forbidden"), (.microvm, "team-a", .microvm, "microvm"),
        ] as [(Isolation?, String, Isolation, String)])
    func aRequestGetsWhatItAskedForOrARefusal(
        wanted: Isolation?, namespace: String, available: Isolation, expected: String
    ) throws {
        #expect(try outcome(wanted, namespace, having: available) == expected)
    }

    @Test func withoutASettingEverythingThatTheServerHasIsEnough() throws {
        for available in Isolation.allCases {
            #expect(try IsolationPolicy().granted(nil, in: .default, having: available) == available)
            #expect(IsolationPolicy().unmet(having: available).isEmpty)
        }
    }

    @Test func aRefusalNamesTheMinimumAndTheReason() throws {
        let policy = IsolationPolicy(minimum: .microvm)
        let less = try #require(throws: OutpostError.self) {
            try policy.granted(.gvisor, in: .default, having: .microvm)
        }
        #expect(less.message == "security.isolation is gvisor, but the namespace default needs at least microvm")
        let none = try #require(throws: OutpostError.self) {
            try policy.granted(nil, in: .default, having: .namespaces)
        }
        #expect(
            none.message
                == "security.isolation cannot be microvm, the minimum of the namespace default: this version has no driver "
                + "for microvm, only for namespaces")
        #expect(policy.unmet(having: .gvisor).map(\.name) == ["default"])
    }
}
