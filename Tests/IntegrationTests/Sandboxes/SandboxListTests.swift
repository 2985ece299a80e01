// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct SandboxList {
        let api: APIClient

        init() throws { api = try SharedServer.server.api.with(namespace: "list-tests") }

        @Test func aListIsFilteredSortedAndCutIntoPages() async throws {
            var created: [Sandbox] = []
            for (name, language, mode) in [
                ("c", "python", "ephemeral"), ("a", "bash", "stateful"), ("e", "python", "stateful"),
                ("b", "bash", "ephemeral"), ("d", "python", "ephemeral"),
            ] {
                created.append(
                    try await api.createSandbox([
                        "language": .string(language), "mode": .string(mode), "name": .string(name),
                    ]))
            }
            try await expect("", "dbeac", total: 5)
            try await expect("order=asc", "caebd", total: 5)
            try await expect("sort=name&order=asc", "abcde", total: 5)
            try await expect("sort=name&order=asc&page=1&per_page=2", "ab", total: 5)
            try await expect("sort=name&order=asc&page=3&per_page=2", "e", total: 5)
            try await expect("sort=name&order=asc&page=4&per_page=2", "", total: 5)
            try await expect("sort=name&order=desc&language=python", "edc", total: 3)
            try await expect("sort=name&mode=stateful", "ea", total: 2)
            try await expect("mode=ephemeral&language=bash&status=ready", "b", total: 1)
            try await expect("status=failed", "", total: 0)
            _ = try await api.exec(created[0], code: "")
            try await expect("sort=last_used_at&per_page=1", "c", total: 5)
            for sandbox in created { try await api.deleteSandbox(sandbox.id) }
            try await expect("", "", total: 0)
        }

        @Test(arguments: [
            ("page", "page=0"), ("page", "page=-1"), ("page", "page=x"), ("page", "page="),
            ("page", "page=99999999999999999999"), ("page", "page=1&page=2"), ("per_page", "per_page=0"),
            ("per_page", "per_page=101"), ("per_page", "per_page=1.5"), ("sort", "sort=secret"), ("order", "order=up"),
            ("mode", "mode=x"), ("status", "status=gone"), ("language", "language="), ("color", "color=red"),
        ]) func aBadParameterIsNamed(_ field: String, _ query: String) async throws {
            let answer = try await api.send("GET", api.sandboxPath("?\(query)"))
            #expect(answer.status == 400)
            #expect(try answer.error().details.map(\.field) == [field])
        }

        /// - Parameter names: of the sandboxes on the page, one letter each.
        private func expect(_ query: String, _ names: String, total: Int) async throws {
            let page = try await api.sandboxes(query)
            #expect(page.items.compactMap(\.name).joined() == names, "\(query)")
            #expect(page.total == total, "\(query)")
        }
    }
}
