// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostCommands

struct TextTableTests {
    @Test func columnsAreAlignedAndLinesEndWithoutBlanks() {
        let table = TextTable(header: ["ID", "NAME"], rows: [["1", "a"], ["12345", ""], ["", "größer"]])
        #expect(table.lines == ["ID     NAME", "1      a", "12345", "       größer"])
    }

    @Test func anEmptyTableIsItsHeader() {
        #expect(TextTable(header: ["A", "B"], rows: []).lines == ["A  B"])
    }

    @Test func controlCharactersDoNotReachTheTerminal() {
        #expect(TextTable(header: ["A"], rows: [["x\u{1B}[2Jy\nz\u{9B}"]]).lines[1] == "x?[2Jy?z?")
    }

    @Test func aSandboxIsARow() throws {
        let sandbox = try Sandbox.sample(name: nil)
        let lines = TextTable(sandboxes: [sandbox]).lines
        #expect(lines[0].hasPrefix("ID                NAME  LANGUAGE  MODE      STATUS  MEMORY   CPU  CREATED"))
        #expect(lines[1].hasPrefix("\(sandbox.id)  -     python    stateful  ready   512 MiB  1    2026-11-21T"))
    }

    @Test func aSandboxsFieldsAreRows() throws {
        let rows = TextTable(fieldsOf: try Sandbox.sample(name: "crunch")).rows
        #expect(rows.contains(["name", "crunch"]))
        #expect(rows.contains(["timeout", "30 s"]))
        #expect(rows.contains(["env", "A=1"]))
        #expect(rows.contains(["metadata", "team=search"]))
        #expect(rows.contains(["expires", "-"]))
    }

    @Test func aTokenIsARowWithItsScopesInOrder() {
        let token = TokenReply(
            name: "ci", namespace: nil, scopes: [.sandboxWrite, .sandboxRead], plan: .team,
            createdAt: Timestamp(milliseconds: 0))
        #expect(
            TextTable(tokens: [token]).rows == [
                ["ci", "all", "sandbox:read,sandbox:write", "team", "1970-01-01T00:00:00Z", "-", "-"]
            ])
    }

    @Test func aMissingLanguageSaysWhatToInstall() {
        let language = LanguageReply(
            name: "go", aliases: ["golang"], version: nil, image: "host", available: false,
            installHint: "apt-get install golang-go")
        #expect(
            TextTable(languages: [language]).rows == [
                ["go", "no", "-", "host", "golang", "apt-get install golang-go"]
            ])
    }

    @Test func onlyAPartOfAListIsNoted() throws {
        let sandboxes = [try Sandbox.sample(name: nil)]
        let query = ListQuery<SandboxSortField>(page: 2, perPage: 1)
        #expect(Page(sandboxes, of: 3, query).note("sandboxes") == "page 2 of 3, 3 sandboxes in all")
        #expect(Page(sandboxes, of: 1, query).note("sandboxes") == nil)
    }
}
