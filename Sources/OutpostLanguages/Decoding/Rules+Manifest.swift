// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

extension Toolchain {
    init(_ node: ManifestNode) throws(OutpostError) {
        let fields = try ManifestMapping(node, known: ["program", "version", "install"])
        let programField = try fields.required("program")
        program = try programField.text()
        guard program.hasPrefix("/") else { throw programField.error("must be an absolute path") }
        let versionField = try fields.required("version")
        var command: [String] = []
        for word in try versionField.list() { command.append(try word.text()) }
        guard command.first?.hasPrefix("/") == true else {
            throw versionField.error("must be a list that starts with a program's absolute path")
        }
        versionCommand = command
        install = try fields.required("install").text()
    }
}

extension LanguageStarter {
    init(_ node: ManifestNode) throws(OutpostError) {
        let fields = try ManifestMapping(node, known: ["interpreter", "preload"])
        let field = try fields.required("interpreter")
        interpreter = try field.text()
        guard Self.interpreters.contains(interpreter) else {
            throw field.error("must be one of \(Self.interpreters.joined(separator: ", "))")
        }
        var names: [String] = []
        for item in try fields["preload"]?.list() ?? [] {
            let name = try item.text()
            guard !name.contains(",") else { throw item.error("must be the name of a module") }
            names.append(name)
        }
        preload = names
    }

    private static let interpreters = ["python", "node"]
}

extension SourceFileRule {
    init(file: ManifestNode, bySyntax rules: ManifestNode?, dropsMark: ManifestNode?) throws(OutpostError) {
        self.dropsMark = try dropsMark?.flag() ?? false
        fileName = try sourceFileName(file)
        var bySyntax: [SyntaxRule] = []
        for rule in try rules?.list() ?? [] { bySyntax.append(try SyntaxRule(rule)) }
        self.bySyntax = bySyntax
    }
}

extension SyntaxRule {
    init(_ node: ManifestNode) throws(OutpostError) {
        let fields = try ManifestMapping(node, known: ["file", "when_matches", "when_matches_outside_functions"])
        fileName = try sourceFileName(fields.required("file"))
        switch (fields["when_matches"], fields["when_matches_outside_functions"]) {
        case (let field?, nil):
            pattern = try regularExpression(field)
            scope = .everywhere
        case (nil, let field?):
            pattern = try regularExpression(field)
            scope = .outsideFunctions
        default:
            throw node.error("must have one of when_matches and when_matches_outside_functions")
        }
    }
}

extension CompileRule {
    init(_ node: ManifestNode) throws(OutpostError) {
        let fields = try ManifestMapping(
            node, known: ["command", "timeout_ms", "memory_mb", "environment", "reuse", "prepare"])
        command = try CommandTemplate(fields.required("command"))
        timeoutMilliseconds = try fields["timeout_ms"]?.positiveNumber()
        memoryMiB = try fields["memory_mb"]?.positiveNumber()
        environment = try fields["environment"].map(variables) ?? []
        prepare = try fields["prepare"].map { node throws(OutpostError) in try CommandTemplate(node) }
        isReusable = try fields["reuse"]?.flag() ?? false
    }
}

extension CommandTemplate {
    init(_ node: ManifestNode) throws(OutpostError) {
        var words: [WordTemplate] = []
        for item in try node.list() { words.append(try WordTemplate(item, text: item.text())) }
        let program = try node.list().first?.text() ?? ""
        guard program.hasPrefix("/") || program.hasPrefix("{") else {
            throw node.error("must be a list that starts with a program's absolute path or a placeholder")
        }
        self.words = words
    }
}

extension WordTemplate {
    init(_ node: ManifestNode, text: String) throws(OutpostError) {
        do {
            self = try WordTemplate(text)
        } catch {
            let known = Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
            throw node.error("has {\(error.name)}, which is not a placeholder; known are \(known)")
        }
    }
}

private func sourceFileName(_ node: ManifestNode) throws(OutpostError) -> String {
    let name = try node.text()
    guard !name.contains("/"), name != ".", name != ".." else {
        throw node.error("must be a file's name without a folder")
    }
    return name
}

private func regularExpression(_ node: ManifestNode) throws(OutpostError) -> NSRegularExpression {
    do {
        return try NSRegularExpression(pattern: try node.text())
    } catch let error as OutpostError {
        throw error
    } catch {
        throw node.error("is not a regular expression")
    }
}
