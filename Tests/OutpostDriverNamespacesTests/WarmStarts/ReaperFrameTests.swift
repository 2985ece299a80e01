// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import OutpostLinux
import OutpostWire
import Testing

/// The end of the agent protocol that is C says exactly the bytes that it has: every frame that it can say.
struct ReaperFrameTests {
    private func said(_ say: (Int32) -> Void) throws -> [UInt8] {
        let pipe = try Descriptor.pipe()
        say(pipe.write.number)
        pipe.write.closeNow()
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64)
        while let count = try pipe.read.read(into: &buffer), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    @Test func itSaysHelloWithoutFeatures() throws {
        #expect(try said { outpost_say_hello($0) } == GuestEvent.hello(Hello(features: [])).frame.encoded)
    }

    /// The status of waitpid(2) is the code in its second byte, or the signal in its first.
    @Test(arguments: Int32(0)...255)
    func itSaysEveryCode(code: Int32) throws {
        #expect(try said { outpost_say_end($0, code << 8) } == GuestEvent.exited(process: 1, code: code).frame.encoded)
    }

    @Test(arguments: Int32(1)...64, [0, Int32(128)])
    func itSaysEverySignalWithAndWithoutACoreDump(signal: Int32, coreDump: Int32) throws {
        let said = try said { outpost_say_end($0, signal | coreDump) }
        #expect(said == GuestEvent.signalled(process: 1, signal: signal).frame.encoded)
    }

    @Test(arguments: [(UInt32(0), Int32(1)), (0x0102_0304, 0x0506_0708), (.max, 28)])
    func anInterpreterSaysWhichStepFailed(step: UInt32, errno: Int32) throws {
        let answer = InterpreterAnswer.refused(step: step, errno: errno)
        #expect(try said { outpost_say_refused($0, step, errno) } == answer.frame.encoded)
    }
}
