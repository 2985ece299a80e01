// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Checks the parameters of a URL by a schema, like a body.
public enum QueryString {
    /// Returns `pairs`, which are percent-decoded already, as an object that satisfies `parameters`.
    ///
    /// - Throws: `invalid_request` that names every unknown or malformed parameter, or the first that is given twice.
    public static func object(
        _ pairs: [(name: String, value: String)], _ parameters: [Field], rules: [FieldRule] = []
    ) throws(OutpostError) -> JSONObject {
        var object = JSONObject()
        for (name, text) in pairs {
            let schema = parameters.first { $0.name == name }?.schema
            guard object.insert(name, value(text, schema)) else {
                throw .field(.invalidRequest, [PathStep.name(name)].dotted, "is given twice")
            }
        }
        let problems = Schema.object("", parameters, rules: rules).validate(.object(object))
        guard let first = problems.first else { return object }
        throw OutpostError(
            .invalidRequest, "\(first.field) \(first.problem)", details: problems.map { ParameterProblem($0) })
    }

    private static func value(_ text: String, _ schema: Schema?) -> JSONValue {
        guard case .integer = schema?.shape else { return .string(text) }
        if let number = Int64(text) { return .integer(number) }
        // A number that is too large has an error of its own.
        let digits = text.drop { $0 == "-" }
        guard !digits.isEmpty, digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber), let number = Double(text)
        else { return .string(text) }
        return .number(number)
    }
}
