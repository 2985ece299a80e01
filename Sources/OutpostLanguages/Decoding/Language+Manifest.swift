// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Yams

extension Language {
    /// Decodes the manifest `yaml`. Errors call it `manifest`.
    ///
    /// - Throws: `invalid_request` with the manifest, the line and the field.
    init(manifest: String, yaml: String) throws(OutpostError) {
        let root = ManifestNode(node: try parsed(yaml, of: manifest), manifest: manifest, field: "")
        let fields = try ManifestMapping(
            root,
            known: [
                "name", "aliases", "file", "file_by_syntax", "compile", "run", "environment", "detect", "image",
                "starter", "drop_byte_order_mark", "first_line",
            ])
        name = try languageName(fields.required("name"))
        aliases = try fields["aliases"].map(languageNames) ?? []
        image = try fields["image"]?.text() ?? "host"
        source = try SourceFileRule(
            file: fields.required("file"), bySyntax: fields["file_by_syntax"],
            dropsMark: fields["drop_byte_order_mark"])
        firstLine = try fields["first_line"].map { node throws(OutpostError) in
            try WordTemplate(node, text: node.text())
        }
        compile = try fields["compile"].map(CompileRule.init)
        run = try CommandTemplate(fields.required("run"))
        environment = try fields["environment"].map(variables) ?? []
        starter = try fields["starter"].map(LanguageStarter.init)
        toolchain = try Toolchain(fields.required("detect"))
        if compile == nil, run.uses(.output) {
            throw try fields.required("run").error("has {output}, but the manifest has no compile step that makes it")
        }
        if compile?.isReusable == true, !run.uses(.output) {
            throw try fields.required("compile").error("has reuse, but run does not use {output}")
        }
    }
}

private func parsed(_ yaml: String, of manifest: String) throws(OutpostError) -> Node {
    let node: Node?
    do {
        node = try Yams.compose(yaml: yaml)
    } catch {
        throw syntaxError(error, in: manifest)
    }
    guard let node else { throw manifestError(manifest, line: nil, field: "", "is empty") }
    return node
}

private func syntaxError(_ error: any Error, in manifest: String) -> OutpostError {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        manifestError(manifest, line: mark.line, field: "", "is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
        manifestError(
            manifest, line: context.mark.line, field: keys.joined(separator: ", "), "occurs more than once")
    default:
        manifestError(manifest, line: nil, field: "", "is not YAML: \(error)")
    }
}

private func languageNames(_ node: ManifestNode) throws(OutpostError) -> [String] {
    var names: [String] = []
    for item in try node.list() { names.append(try languageName(item)) }
    return names
}

private func languageName(_ node: ManifestNode) throws(OutpostError) -> String {
    let name = try node.text()
    let isWellFormed =
        name.utf8.count <= 32
        && name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "+#._-".utf8.contains(byte)
            }
        }
    guard isWellFormed else {
        throw node.error("must be at most 32 lower-case letters, digits and characters of +#._-")
    }
    return name
}

/// Decodes a mapping of variables in its order.
func variables(_ node: ManifestNode) throws(OutpostError) -> [VariableTemplate] {
    var variables: [VariableTemplate] = []
    for (key, value) in try node.entries() {
        let name = try key.text()
        guard !name.contains("=") else { throw key.error("must not have a = in its name") }
        variables.append(VariableTemplate(name: name, value: try WordTemplate(value, text: value.textOrEmpty())))
    }
    return variables
}
