// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension Schema {
    /// Returns the first 32 places where `value` breaks the schema; empty when it satisfies the schema.
    public func validate(_ value: JSONValue) -> [FieldProblem] { check(value).problems }

    /// Returns the first 32 well-formed parts of `value` that ask for something this version does not support.
    public func refusals(_ value: JSONValue) -> [FieldProblem] { check(value).refusals }

    func check(_ value: JSONValue) -> SchemaCheck {
        var check = SchemaCheck()
        check.visit(value, self)
        return check
    }
}

/// Walks over a value and its schema together, and collects the problems.
struct SchemaCheck {
    /// Places that break the schema.
    private(set) var problems: [FieldProblem] = []
    /// Well-formed parts that this version does not support.
    private(set) var refusals: [FieldProblem] = []
    /// The place of the walk.
    private var path: [PathStep] = []

    private static let maximumProblems = 32

    mutating func visit(_ value: JSONValue, _ schema: Schema) {
        if value == .null, schema.isNullable { return }
        let problemsBefore = problems.count
        visit(value, schema.shape)
        if problems.count == problemsBefore, let accepts = schema.acceptsInThisVersion, !accepts(value) {
            refuse("is not supported in this version")
        }
    }

    private mutating func visit(_ value: JSONValue, _ shape: Schema.Shape) {
        switch (shape, value) {
        case (.string(let rule), .string(let text)): report(rule.problem(with: text))
        case (.integer(let range), .integer), (.integer(let range), .number): report(problem(with: value, range))
        case (.number(let rule), .integer), (.number(let rule), .number): report(problem(with: value, rule))
        case (.boolean, .bool): break
        case (.array(let rule), .array(let elements)): visit(elements, rule)
        case (.tuple(let schemas), .array(let elements)): visit(elements, schemas)
        case (.object(let rule), .object(let object)): visit(object, rule)
        case (.map(let rule), .object(let object)): visit(object, rule)
        case (.anyOf(let schemas), _) where value != .null: visit(value, anyOf: schemas)
        case (_, .null): report("must not be null")
        default: report("must be \(shape.article), not \(value.article)")
        }
    }

    private mutating func visit(_ elements: [JSONValue], _ rule: ArrayRule) {
        if elements.count > rule.count.upperBound { return report("must have at most \(rule.count.upperBound) items") }
        if elements.count < rule.count.lowerBound {
            return report(rule.count.lowerBound == 1 ? "must not be empty" : "must have more items")
        }
        for (position, element) in elements.enumerated() {
            let schema = position == 0 ? rule.first ?? rule.items : rule.items
            within(.index(position)) { $0.visit(element, schema) }
        }
    }

    private mutating func visit(_ elements: [JSONValue], _ schemas: [Schema]) {
        guard elements.count == schemas.count else {
            return report("must have exactly \(schemas.count) items, not \(elements.count)")
        }
        for (position, element) in elements.enumerated() {
            within(.index(position)) { $0.visit(element, schemas[position]) }
        }
    }

    private mutating func visit(_ object: JSONObject, _ rule: ObjectRule) {
        if !rule.isOpen {
            for member in object.members where !rule.knows(member.name) {
                within(.name(member.name)) { $0.report("is not a known field") }
            }
        }
        for field in rule.fields {
            within(.name(field.name)) {
                if let value = object[field.name] {
                    $0.visit(value, field.schema)
                } else if field.isRequired {
                    $0.report("is required")
                }
            }
        }
        for fieldRule in rule.rules {
            guard let (field, problem) = fieldRule.problem(in: object) else { continue }
            within(.name(field)) { $0.report(problem) }
        }
    }

    private mutating func visit(_ object: JSONObject, _ rule: MapRule) {
        guard object.count <= rule.maxCount else { return report("must have at most \(rule.maxCount) entries") }
        for member in object.members {
            within(.name(member.name)) {
                $0.report(rule.names.problem(with: member.name).map { "has a name that \($0)" })
                $0.visit(member.value, rule.values)
            }
        }
    }

    private mutating func visit(_ value: JSONValue, anyOf schemas: [Schema]) {
        if schemas.contains(where: { $0.validate(value).isEmpty }) { return }
        // When only one schema has the kind of the value, its own errors help more than a list of kinds.
        let sameForm = schemas.filter { $0.shape.article == value.article }
        if sameForm.count == 1 { return visit(value, sameForm[0].shape) }
        let names = schemas.map(\.shape.article).joined(separator: " or ")
        report("must be \(names)")
    }

    private mutating func within(_ step: PathStep, _ body: (inout SchemaCheck) -> Void) {
        path.append(step)
        body(&self)
        path.removeLast()
    }

    private mutating func report(_ problem: String?) {
        guard let problem, problems.count < Self.maximumProblems else { return }
        problems.append(FieldProblem(field: path.dotted, problem: problem))
    }

    private mutating func refuse(_ problem: String) {
        guard refusals.count < Self.maximumProblems else { return }
        refusals.append(FieldProblem(field: path.dotted, problem: problem))
    }
}

private func problem(with value: JSONValue, _ range: ClosedRange<Int64>) -> String? {
    guard let integer = value.integerValue else {
        let isFraction = value.numberValue.map { $0 != $0.rounded() } ?? false
        return isFraction ? "must be an integer, not a fraction" : "must fit 64 bits"
    }
    if integer < range.lowerBound { return "must be at least \(range.lowerBound)" }
    return integer > range.upperBound ? "must be at most \(range.upperBound)" : nil
}

private func problem(with value: JSONValue, _ rule: NumberRule) -> String? {
    guard let number = value.numberValue, number.isFinite else { return "must be finite" }
    let bound = JSONValue.number(rule.minimum).integerValue.map(String.init) ?? rule.minimum.description
    if rule.isMinimumIncluded { return number >= rule.minimum ? nil : "must be at least \(bound)" }
    return number > rule.minimum ? nil : "must be above \(bound)"
}
