// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The `multipart/form-data` body of a request that runs a program. Its parts are `request` (JSON), `code`, `stdin` and
/// `files`, and each is optional. It means the same as a JSON body with these fields, but carries raw bytes.
public enum FormBody {
    /// The media type.
    public static let type = "multipart/form-data"

    /// Returns the JSON body that means the same as the form.
    ///
    /// - Parameter boundary: the parameter `boundary` of the header `Content-Type`.
    /// - Throws: `invalid_request` when the body is malformed, has an unknown part, or gives a field twice.
    public static func json(_ bytes: [UInt8], boundary: String) throws(OutpostError) -> JSONValue {
        let parts = try MultipartText(bytes, boundary: boundary).parts
        var object = JSONObject()
        let requests = parts.filter { $0.name == "request" }
        guard requests.count <= 1 else { throw .field(.invalidRequest, "request", "is given twice") }
        if let request = requests.first {
            guard case .object(let value) = try parsed(request.content) else {
                throw .field(.invalidRequest, "request", "must be an object")
            }
            object = value
        }
        for part in parts where part.name != "request" { try add(part, to: &object) }
        return .object(object)
    }

    private static func parsed(_ content: ArraySlice<UInt8>) throws(OutpostError) -> JSONValue {
        do {
            return try JSONValue(parsing: Array(content))
        } catch {
            throw .field(.invalidRequest, "request", "is not valid JSON: \(error)")
        }
    }

    private static func add(_ part: MultipartText.Part, to object: inout JSONObject) throws(OutpostError) {
        switch part.name {
        case "code":
            guard let text = String(validating: part.content, as: UTF8.self) else {
                throw .field(.invalidRequest, "code", "is not UTF-8")
            }
            guard object.insert("code", .string(text)) else { throw twice("code") }
        case "stdin":
            guard object["stdin"] == nil, object["stdin_base64"] == nil else { throw twice("stdin") }
            let (name, value) = field("stdin", part.content)
            object[name] = value
        case "files":
            guard let path = part.fileName else {
                throw .field(.invalidRequest, "files", "must have a filename, which is its path in the sandbox")
            }
            let (name, value) = field("content", part.content)
            let file = JSONObject([(name: "path", value: .string(path)), (name: name, value: value)])
            let others = object["files"] ?? .array([])
            guard case .array(let files) = others else { throw .field(.invalidRequest, "files", "must be an array") }
            object["files"] = .array(files + [.object(file)])
        default:
            throw .field(
                .invalidRequest, part.name,
                "is not a known part; the parts are request, code, stdin and files, and other fields go into request")
        }
    }

    /// Returns the field for `content`: `name` with text when the bytes are UTF-8, else `name_base64`.
    private static func field(_ name: String, _ content: ArraySlice<UInt8>) -> (String, JSONValue) {
        if let text = String(validating: content, as: UTF8.self) { return (name, .string(text)) }
        return ("\(name)_base64", .string(Base64.encode(Array(content))))
    }

    private static func twice(_ name: String) -> OutpostError {
        .field(.invalidRequest, name, "is given twice: in two parts of the body, or in a part and in the request")
    }

    /// The form in the OpenAPI document.
    static let openAPI: JSONValue = [
        "schema": [
            "type": "object",
            "description": .string(
                "The same fields as the JSON body. Large or binary fields are parts; `request` has all others."
            ),
            "properties": [
                "request": ["type": "object", "description": "The JSON body without the fields that come as parts."],
                "code": ["type": "string", "description": "The field `code`."],
                "stdin": ["type": "string", "format": "binary", "description": "The program's standard input, raw."],
                "files": [
                    "type": "array", "description": "Files to write first; the filename of each is its path.",
                    "items": ["type": "string", "format": "binary"],
                ],
            ],
        ],
        "encoding": ["request": ["contentType": "application/json"]],
    ]
}
