// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct Scopes {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test(arguments: TokenScope.allCases) func aScopeLetsDoWhatItSaysAndNoMore(_ scope: TokenScope) async throws {
            let name = "scope-" + scope.rawValue.replacing(":", with: "-")
            let bearer = try await api.asNewToken(TokenRequest(name: name, scopes: [scope]))
            for route in RouteTable.all {
                let path = path(of: route)
                let answer = try await bearer.send(route.method.rawValue, path, json: [:])
                let isAllowed = scope == .admin || route.scope == nil || route.scope == scope
                #expect((answer.status == 403) == !isAllowed, "\(route.method.rawValue) \(path): \(answer)")
                if !isAllowed { #expect(try answer.error().code == .forbidden) }
            }
            #expect(try await api.send("DELETE", "/auth/v1/pat/\(name)").status == 204)
        }

        @Test func aTokenOfOneNamespaceDoesNotTellWhetherAnotherExists() async throws {
            let bearer = try await api.asNewToken(
                TokenRequest(name: "team-a", namespace: NamespaceName("team-a"), scopes: [.sandboxRead, .sandboxWrite]))
            try await api.withSandbox(["language": "bash"]) { sandbox in
                for (method, rest) in [
                    ("GET", ""), ("POST", ""), ("POST", "/execute"), ("GET", "/\(sandbox.id)"),
                    ("DELETE", "/\(sandbox.id)"), ("POST", "/\(sandbox.id)/exec"),
                ] {
                    let answers = try await ["default", "never-was"].inTurn { namespace in
                        try await bearer.send(
                            method, bearer.with(namespace: namespace).sandboxPath(rest), json: ["language": "bash"])
                    }
                    let errors = try answers.map { try $0.error() }
                    #expect(answers.map(\.status) == [403, 403], "\(method) \(rest)")
                    #expect(errors[0].code == errors[1].code)
                    #expect(
                        errors[0].message.replacing("default", with: "")
                            == errors[1].message.replacing("never-was", with: ""))
                    #expect(errors[0].details == errors[1].details)
                }
            }
            #expect(try await bearer.with(namespace: "team-a").send("GET", bearer.sandboxPath()).status == 403)
            #expect(try await bearer.with(namespace: "team-a").sandboxes().total == 0)
            #expect(try await api.send("DELETE", "/auth/v1/pat/team-a").status == 204)
        }

        @Test func anIDOfAnotherNamespaceIsAnIDThatNeverWas() async throws {
            let other = api.with(namespace: "team-b")
            try await api.withSandbox(["language": "bash"]) { sandbox in
                for (method, rest) in [("GET", ""), ("DELETE", ""), ("POST", "/exec")] {
                    let answers = try await [sandbox.id.rawValue, "sbx_0123456789ab"].inTurn { id in
                        try await other.send(method, other.sandboxPath("/\(id)\(rest)"), json: ["code": ""])
                    }
                    let errors = try answers.map { try $0.error() }
                    #expect(answers.map(\.status) == [404, 404], "\(method) \(rest)")
                    #expect(
                        errors[0].message.replacing(sandbox.id.rawValue, with: "")
                            == errors[1].message.replacing("sbx_0123456789ab", with: ""))
                }
                let body: JSONValue = ["language": "bash", "code": "", "sandbox_id": .string(sandbox.id.rawValue)]
                #expect(try await other.send("POST", other.sandboxPath("/execute"), json: body).status == 404)
                #expect(try await api.sandbox(sandbox.id).status == .ready)
            }
        }

        private func path(of route: Route) -> String {
            route.path.text.replacing("{namespace}", with: "default").replacing("{id}", with: "sbx_0123456789ab")
                .replacing("{name}", with: "nobody")
        }
    }
}
