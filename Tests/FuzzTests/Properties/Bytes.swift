// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore

/// The forms that bytes and moments take in JSON.
func checkBytes(_ input: [UInt8]) throws {
    try promise(Base64.decode(Base64.encode(input)) == input, "base64 does not come back")
    let text = String(decoding: input, as: UTF8.self)
    if let bytes = Base64.decode(text) {
        try promise(Base64.encode(bytes).utf8.elementsEqual(text.utf8), "two spellings of the same base64")
        try promise(Data(base64Encoded: text) == Data(bytes), "Foundation finds other bytes in the base64")
    }
    if let moment = Timestamp(rfc3339: text) {
        try promise(Timestamp(rfc3339: moment.rfc3339) == moment, "\(moment.rfc3339) does not come back")
    }
    for missing in [0, 1, 1000] {
        let output = OutputText(CapturedOutput(bytes: input, total: input.count + missing))
        guard let kept = output.encoding == .utf8 ? Array(output.text.utf8) : Base64.decode(output.text) else {
            throw BrokenPromise("output is not what it claims to be")
        }
        try promise(input.starts(with: kept) && input.count - kept.count < 4, "output lost more than a character")
        try promise(output.omitted == input.count + missing - kept.count, "what is missing is not told")
    }
}
