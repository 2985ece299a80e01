// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A decoded call that changes the settings of a sandbox. A nil field does not change.
public struct SandboxUpdate: Hashable, Sendable {
    /// The new value of a setting that can also have none.
    public enum Setting<Value: Hashable & Sendable>: Hashable, Sendable {
        case unchanged
        case none
        case value(Value)

        /// The value after the update.
        public func applied(to old: Value?) -> Value? {
            switch self {
            case .unchanged: old
            case .none: nil
            case .value(let new): new
            }
        }
    }

    public var name: Setting<String>
    /// Replaces all labels.
    public var metadata: [String: String]?
    /// Seconds from creation to expiry.
    public var timeToLiveSeconds: Setting<Int>
    /// Seconds without a use after which `onIdle` happens.
    public var idleTimeoutSeconds: Setting<Int>
    public var onIdle: IdleAction?
    /// Replaces all variables.
    public var environment: [EnvironmentVariable]?
    /// The limits of the next run. A nil limit does not change.
    public var limits: ResourceLimitsRequest

    public init(
        name: Setting<String> = .unchanged, metadata: [String: String]? = nil,
        timeToLiveSeconds: Setting<Int> = .unchanged, idleTimeoutSeconds: Setting<Int> = .unchanged,
        environment: [EnvironmentVariable]? = nil, limits: ResourceLimitsRequest = .init(),
        onIdle: IdleAction? = nil
    ) {
        self.name = name
        self.metadata = metadata
        self.timeToLiveSeconds = timeToLiveSeconds
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.environment = environment
        self.limits = limits
        self.onIdle = onIdle
    }
}
