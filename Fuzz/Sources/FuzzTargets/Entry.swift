// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Glibc

/// The target that the environment names.
private let target: FuzzTarget = {
    let name = getenv("OUTPOST_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
        fputs("OUTPOST_FUZZ_TARGET must be one of \(names)\n", stderr)
        exit(2)
    }
    return target
}()

/// What libFuzzer calls for each input; a broken promise ends the process, which is how libFuzzer learns of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        _ = try target.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fputs("\(target.rawValue): \(error)\n", stderr)
        abort()
    }
    return 0
}
