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
    let whole = OutputText(CapturedOutput(bytes: input, total: input.count))
    try promise(whole.bytes == input, "output does not come back")
    guard let cut = OutputText(CapturedOutput(bytes: input, total: input.count + 1)).bytes else {
        throw BrokenPromise("truncated output is not what it claims to be")
    }
    try promise(input.starts(with: cut) && input.count - cut.count < 4, "truncated output lost more than a character")
}
