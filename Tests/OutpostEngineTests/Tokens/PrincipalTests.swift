// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// What a token lets its bearer do.
struct PrincipalTests {
    private func principal(_ scopes: Set<TokenScope>, _ namespace: NamespaceName? = .default) -> Principal {
        Principal(id: CredentialID(), name: "n", kind: .apiKey, namespace: namespace, scopes: scopes, plan: .free)
    }

    private func allows(_ body: () throws(OutpostError) -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            #expect(error.code == .forbidden)
            return false
        }
    }

    @Test func aScopeIsNeededOrAdmin() {
        for scope in TokenScope.allCases {
            #expect(allows { () throws(OutpostError) in try principal([scope]).require(scope) })
            #expect(allows { () throws(OutpostError) in try principal([.admin]).require(scope) })
            #expect(!allows { () throws(OutpostError) in try principal([]).require(scope) })
        }
        #expect(!allows { () throws(OutpostError) in try principal([.sandboxRead]).require(.sandboxWrite) })
    }

    @Test func aTokenReachesItsOwnNamespace() throws {
        let other = try #require(NamespaceName("other"))
        #expect(allows { () throws(OutpostError) in try principal([.sandboxRead]).require(NamespaceName.default) })
        #expect(!allows { () throws(OutpostError) in try principal([.sandboxRead]).require(other) })
        #expect(allows { () throws(OutpostError) in try principal([.sandboxRead], nil).require(other) })
    }
}
