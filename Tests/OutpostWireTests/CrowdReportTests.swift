// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

struct CrowdReportTests {
    @Test(arguments: [
        CrowdReport.stopped(tenant: "team", threads: 7, place: "m_start", milliseconds: 2000),
        .stopped(tenant: "", threads: .max, place: "", milliseconds: 0), .failed("open: no such file"),
    ]) func aReportComesBack(_ report: CrowdReport) throws {
        #expect(try CrowdReport(report.encoded) == report)
        for count in report.encoded.indices {
            #expect(throws: WireError.self) { try CrowdReport(Array(report.encoded.prefix(count))) }
        }
        #expect(throws: WireError.self) { try CrowdReport(report.encoded + [0]) }
    }

    @Test func anotherTypeIsRefused() {
        #expect(throws: WireError.self) { try CrowdReport([3, 0, 0, 0, 0]) }
    }
}
