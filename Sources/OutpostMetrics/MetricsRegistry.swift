// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
import Synchronization

/// Keeps the metrics of swift-metrics and writes them in the text format of Prometheus, version 0.0.4.
///
/// The families from `init` give the kind and the help text of a metric. A metric of another name, for example from a
/// library, gets its kind from the call that makes it. A histogram with the name of a counter or gauge, and the reverse, becomes
/// a family of its own, whose name has the kind at its end, because one family of Prometheus has one kind.
public final class MetricsRegistry: MetricsFactory {
    fileprivate enum Series {
        case number(NumberSeries)
        case histogram(HistogramSeries)
    }

    fileprivate struct State {
        var families: [MetricFamily]
        /// The series by family and by labels. The labels have their written form.
        var series: [String: [String: Series]] = [:]
    }

    private let state: Mutex<State>

    /// - Parameter families: the known metrics, in the order of the text.
    public init(_ families: [MetricFamily]) { state = Mutex(State(families: families)) }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        number(label, dimensions, .counter)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        number(label, dimensions, .counter)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        number(label, dimensions, .gauge)
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        histogram(label, dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func number(_ name: String, _ labels: [(String, String)], _ kind: MetricFamily.Kind) -> NumberSeries {
        state.withLock { state in
            let key = labelText(labels)
            let name = state.isHistogram(name) == true ? "\(name)_\(kind.word)" : name
            if case .number(let series)? = state.series[name]?[key] { return series }
            let series = NumberSeries()
            state.add(.number(series), name, key, kind)
            return series
        }
    }

    private func histogram(_ name: String, _ labels: [(String, String)]) -> HistogramSeries {
        state.withLock { state in
            let key = labelText(labels)
            let name = state.isHistogram(name) == false ? "\(name)_\(MetricFamily.steps.word)" : name
            if case .histogram(let series)? = state.series[name]?[key] { return series }
            let kind = state.families.first { $0.name == name }?.kind ?? MetricFamily.steps
            guard case .histogram(let bounds) = kind else { return HistogramSeries(bounds: []) }
            let series = HistogramSeries(bounds: bounds)
            state.add(.histogram(series), name, key, kind)
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, series) in state.series {
                state.series[name] = series.filter { $0.value.object !== handler }
            }
        }
    }

    /// The value of a counter or a gauge; nil when there is none with these labels.
    public func value(_ name: String, _ labels: [(String, String)] = []) -> Double? {
        guard case .number(let series)? = state.withLock({ $0.series[name]?[labelText(labels)] }) else { return nil }
        return series.value
    }

    /// A histogram; nil when there is none with these labels.
    public func histogram(of name: String, _ labels: [(String, String)] = []) -> Histogram? {
        guard case .histogram(let series)? = state.withLock({ $0.series[name]?[labelText(labels)] }) else { return nil }
        return series.value
    }

    /// All metrics in the text format, family by family.
    public var text: String {
        let (families, series) = state.withLock { ($0.families, $0.series) }
        return families.reduce(into: "") { text, family in
            guard let members = series[family.name], !members.isEmpty else { return }
            text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.word)\n"
            for (labels, series) in members.sorted(by: { $0.key < $1.key }) {
                switch series {
                case .number(let number): text += sample(family.name, labels, number.value)
                case .histogram(let histogram): text += samples(family.name, labels, histogram.value)
                }
            }
        }
    }
}

extension MetricsRegistry.State {
    /// Whether a family is a histogram; nil for an unknown family.
    fileprivate func isHistogram(_ name: String) -> Bool? {
        guard let family = families.first(where: { $0.name == name }) else { return nil }
        if case .histogram = family.kind { return true }
        return false
    }

    fileprivate mutating func add(
        _ new: MetricsRegistry.Series, _ name: String, _ labels: String, _ kind: MetricFamily.Kind
    ) {
        if !families.contains(where: { $0.name == name }) { families.append(MetricFamily(name, kind, "")) }
        series[name, default: [:]][labels] = new
    }
}

extension MetricsRegistry.Series {
    fileprivate var object: AnyObject {
        switch self {
        case .number(let series): series
        case .histogram(let series): series
        }
    }
}

extension MetricFamily.Kind {
    fileprivate var word: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

private func sample(_ name: String, _ labels: String, _ value: Double) -> String {
    labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
}

private func samples(_ name: String, _ labels: String, _ histogram: Histogram) -> String {
    let before = labels.isEmpty ? "" : labels + ","
    var lines = histogram.cumulative.map { bound, count in
        sample("\(name)_bucket", "\(before)le=\"\(bound)\"", Double(count))
    }
    lines.append(sample("\(name)_bucket", "\(before)le=\"+Inf\"", Double(histogram.count)))
    lines.append(sample("\(name)_sum", labels, histogram.sum))
    lines.append(sample("\(name)_count", labels, Double(histogram.count)))
    return lines.joined()
}

/// The labels in the text format: `name="value"` with escaped values, joined by commas.
private func labelText(_ labels: [(String, String)]) -> String {
    labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
}

private func escaped(_ value: String) -> String {
    value.reduce(into: "") { text, character in
        switch character {
        case "\\": text += "\\\\"
        case "\"": text += "\\\""
        case "\n": text += "\\n"
        default: text.append(character)
        }
    }
}
