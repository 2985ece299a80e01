// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

@testable import OutpostEngine

struct FileLinkServiceTests {
    private func made(
        in fixture: FilesFixture, writes: Bool = false, seconds: Int64 = 60,
        scopes: Set<TokenScope> = [.sandboxRead, .sandboxWrite]
    ) async throws -> (FileLinkClaim, String) {
        let token = try await fixture.engine.tokens.create(
            .personalAccessToken, name: "maker", namespace: .default, scopes: scopes, plan: .free)
        let claim = FileLinkClaim(
            fixture.target("a/b"), writes: writes, credential: token.record.id,
            expiresAt: fixture.clock.now.advanced(bySeconds: seconds))
        return (claim, fixture.engine.fileLinks.signature(claim))
    }

    @Test func aLinkGivesOneRightOfItsMaker() async throws {
        let fixture = try await FilesFixture()
        let (claim, signature) = try await made(in: fixture)
        let principal = try await fixture.engine.fileLinks.principal(claim, signature: signature)
        #expect(principal.id == claim.credential && principal.plan == .free)
        #expect(principal.scopes == [.sandboxRead] && principal.namespace == .default)
    }

    @Test func aLinkOfAnAdministratorIsNoAdministrator() async throws {
        let fixture = try await FilesFixture()
        let (claim, signature) = try await made(in: fixture, writes: true, scopes: [.admin])
        let principal = try await fixture.engine.fileLinks.principal(claim, signature: signature)
        #expect(principal.scopes == [.sandboxWrite] && !principal.isAdmin)
    }

    @Test func anotherClaimHasAnotherSignature() async throws {
        let fixture = try await FilesFixture()
        let (claim, signature) = try await made(in: fixture)
        let others = [
            FileLinkClaim(claim.file, writes: true, credential: claim.credential, expiresAt: claim.expiresAt),
            FileLinkClaim(
                claim.file, writes: false, credential: claim.credential,
                expiresAt: claim.expiresAt.advanced(bySeconds: 1)),
            FileLinkClaim(claim.file, writes: false, credential: CredentialID(), expiresAt: claim.expiresAt),
            FileLinkClaim(
                fixture.target("a/c"), writes: false, credential: claim.credential, expiresAt: claim.expiresAt),
            FileLinkClaim(
                FileTarget("a/b", of: SandboxID(), in: .default), writes: false, credential: claim.credential,
                expiresAt: claim.expiresAt),
        ]
        for other in others {
            #expect(
                try await code { _ = try await fixture.engine.fileLinks.principal(other, signature: signature) }
                    == .unauthorized)
        }
        for wrong in ["", "00", String(signature.dropLast()), signature + "00", "zz" + signature.dropFirst(2)] {
            #expect(
                try await code { _ = try await fixture.engine.fileLinks.principal(claim, signature: wrong) }
                    == .unauthorized)
        }
    }

    @Test func aLinkEndsAtItsTimeAndWithItsToken() async throws {
        let fixture = try await FilesFixture()
        let links = fixture.engine.fileLinks
        let (claim, signature) = try await made(in: fixture)
        fixture.clock.advance(seconds: 59)
        _ = try await links.principal(claim, signature: signature)
        fixture.clock.advance(seconds: 1)
        #expect(try await code { _ = try await links.principal(claim, signature: signature) } == .unauthorized)
        let later = FileLinkClaim(
            claim.file, writes: false, credential: claim.credential,
            expiresAt: claim.expiresAt.advanced(bySeconds: 60))
        let other = links.signature(later)
        _ = try await links.principal(later, signature: other)
        try await fixture.engine.tokens.delete(.personalAccessToken, named: "maker")
        #expect(try await code { _ = try await links.principal(later, signature: other) } == .unauthorized)
    }
}
