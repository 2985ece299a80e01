// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostTesting
import Testing

/// Open counters are read as the files of each version are.
struct CgroupCountersTests {
    @Test func versionTwoCountsMicrosecondsAndFiles() throws {
        let read = try #require(
            try CgroupCounters(texts: [
                "usage_usec 1234\nuser_usec 1000\n", "10000\n", "anon 5\nfile 4000\nfile_mapped 9\n",
            ])
        ).read()
        #expect(read == (1234, 6000))
    }

    @Test func versionOneCountsNanosecondsAndCache() throws {
        let read = try #require(
            try CgroupCounters(texts: ["1234567\n", "10000\n", "cache 3000\nmapped_file 9\ntotal_cache 3000\n"])
        ).read()
        #expect(read == (1234, 7000))
    }

    @Test func filesAreNeverMoreThanThePeak() throws {
        #expect(try #require(try CgroupCounters(texts: ["1\n", "100\n", "file 200\n"])).read().programMemoryPeak == 0)
    }

    @Test func eachReadIsNew() throws {
        let open = try #require(try CgroupCounters(texts: ["usage_usec 1\n", "1\n", ""]))
        #expect(try open.read().cpuMicroseconds == 1)
        try open.descriptors[0].seek(to: 0)
        try open.descriptors[0].writeAll(Array("usage_usec 2\n".utf8))
        #expect(try open.read().cpuMicroseconds == 2)
    }

    @Test func otherNumbersOfFilesAreRefused() throws {
        for count in [0, 1, 2, 4] {
            #expect(try CgroupCounters(texts: [String](repeating: "1", count: count)) == nil)
        }
    }
}
