// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import Testing

struct PathTableTests {
    private let table = PathTable(
        ["/a/{id}", "/a/{id}/files/{path...}", "/a/{id}/files/special", "/a/{id}/{noun}/x"].map(PathTemplate.init)
    ) { $0 }

    @Test(
        "A path finds the most exact template",
        arguments: [
            ("/a/1", "/a/{id}", ["id": "1"]),
            ("/a/1/files/", "/a/{id}/files/{path...}", ["id": "1", "path": ""]),
            ("/a/1/files/b", "/a/{id}/files/{path...}", ["id": "1", "path": "b"]),
            ("/a/1/files/b/c", "/a/{id}/files/{path...}", ["id": "1", "path": "b/c"]),
            ("/a/1/files//etc/x", "/a/{id}/files/{path...}", ["id": "1", "path": "/etc/x"]),
            ("/a/1/files/b//", "/a/{id}/files/{path...}", ["id": "1", "path": "b//"]),
            ("/a/1/files/%2Fb", "/a/{id}/files/{path...}", ["id": "1", "path": "%2Fb"]),
            ("/a/1/files/special", "/a/{id}/files/special", ["id": "1"]),
            ("/a/1/files/x", "/a/{id}/files/{path...}", ["id": "1", "path": "x"]),
            ("/a/1/other/x", "/a/{id}/{noun}/x", ["id": "1", "noun": "other"]),
        ] as [(String, String, [String: String])])
    func aPathFindsTheMostExactTemplate(path: String, template: String, parameters: [String: String]) throws {
        let match = try #require(table.match(path))
        #expect(match.template.text == template)
        #expect(match.parameters == parameters)
    }

    @Test("A rest has at least one segment", arguments: ["/a/1/files", "/a//files/b", "/b/1/files/x", "/a/1/other"])
    func aRestHasAtLeastOneSegment(path: String) {
        #expect(table.match(path) == nil)
    }
}
