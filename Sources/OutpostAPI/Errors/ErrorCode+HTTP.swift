// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension ErrorCode {
    /// Every code that the API documents, with its HTTP status.
    public static let documented: [(code: ErrorCode, status: Int)] = [
        (.invalidRequest, 400), (.unauthorized, 401), (.forbidden, 403), (.notFound, 404), (.methodNotAllowed, 405),
        (.conflict, 409), (.preconditionFailed, 412), (.payloadTooLarge, 413), (.unsupportedMediaType, 415),
        (.rangeNotSatisfiable, 416), (.unprocessable, 422),
        (.rateLimited, 429), (.internal, 500), (.unavailable, 503), (.insufficientStorage, 507),
    ]

    /// The HTTP status of an answer with this code; 500 for an undocumented code.
    public var httpStatus: Int {
        Self.documented.first { $0.code == self }?.status ?? 500
    }
}
