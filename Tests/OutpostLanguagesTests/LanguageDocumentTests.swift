// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostLanguages
import Testing

/// The manifests in `docs/languages.md` are complete and in order.
struct LanguageDocumentTests {
    @Test func everyManifestInTheDocumentLoads() throws {
        let manifests = try documentedManifests()
        var files: [String: String] = [:]
        for (number, manifest) in manifests.enumerated() { files["\(number).yaml"] = manifest }
        try withFolder(of: files) { folder in
            let catalog = try LanguageCatalog.load(directory: folder)
            #expect(
                catalog.names == [
                    "bash", "c", "go", "node", "node-short", "perl", "python", "python-with-json", "ruby", "rust",
                ])
            let perl = try catalog.language(named: "perl").plan(code: "print 1", directory: "/d")
            #expect(perl.run.argv == ["/usr/bin/perl", "/d/main.pl"])
            let ruby = try catalog.language(named: "rb").plan(code: "puts 1", directory: "/d")
            #expect(ruby.run.environment == [EnvironmentVariable(name: "RUBYOPT", value: "-Eutf-8")])
            #expect(try catalog.language(named: "c").isCompiled)
            let module = try catalog.language(named: "node-short").plan(code: "import x from 'y'", directory: "/d")
            #expect(module.files.map(\.path) == ["/d/main.mjs"])
        }
    }
}

private func documentedManifests() throws -> [String] {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let document = try String(contentsOf: root.appendingPathComponent("docs/languages.md"), encoding: .utf8)
    return document.components(separatedBy: "```yaml\n").dropFirst().compactMap {
        $0.components(separatedBy: "\n```").first
    }
}
