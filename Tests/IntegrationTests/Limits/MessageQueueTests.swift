// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostTesting
import Testing

extension IntegrationTests {
    /// POSIX message queues, as ordinary programs use them, and their bound. One at a time: copies of an interpreter may have
    /// to share what there is.
    @Suite(.serialized) struct MessageQueues {
        private struct Use: CustomTestStringConvertible {
            /// Messages and bytes of each; nil for what the kernel takes without attributes: 10 of 8,192 (mq_overview(7)).
            let attributes: (messages: Int, size: Int)?
            /// How many are opened at one time.
            var wanted = 1
            /// Why there are no more, when there are fewer.
            var error: String?
            var user = "sandbox"

            var testDescription: String {
                "\(wanted) of \(attributes.map { "\($0.messages) × \($0.size)" } ?? "the usual size") as \(user)"
            }
        }

        private static let uses: [Use] = [
            Use(attributes: nil), Use(attributes: nil, user: "root"), Use(attributes: (1, 1)),
            Use(attributes: (1, 8192), wanted: 2), Use(attributes: (10, 1), wanted: 20),
            Use(attributes: (10, 8192)), Use(attributes: (10, 1024), wanted: 8), Use(attributes: (5, 4096), wanted: 4),
            Use(attributes: (10, 1024), wanted: 8, user: "root"), Use(attributes: nil, wanted: 10, error: "EMFILE"),
            Use(attributes: (10, 4096), wanted: 200, error: "EMFILE"),
            Use(attributes: (11, 8192), error: "EINVAL"), Use(attributes: (10, 8193), error: "EINVAL"),
        ]

        @Test(arguments: uses) private func asManyAsUsualCanBeOpenedAndCarryMessages(use: Use) async throws {
            let probe = Probe(api: try SharedServer.server.api, user: use.user)
            let attributes = use.attributes.map { "(ctypes.c_long * 8)(0, \($0.messages), \($0.size))" } ?? "None"
            let report = try await probe.report(
                """
                queues, reason = [], '0'
                while len(queues) < \(use.wanted):
                    queue = libc.mq_open(b'/%d' % len(queues), os.O_CREAT | os.O_RDWR, 0o600, \(attributes))
                    if queue == -1:
                        reason = errno.errorcode[ctypes.get_errno()]
                        break
                    queues.append(queue)
                heard = ctypes.create_string_buffer(8192)
                for queue in queues:
                    if libc.mq_send(queue, b'm', 1, 0) or libc.mq_receive(queue, heard, 8192, None) != 1:
                        reason = 'message lost'
                import resource
                show([len(queues), reason, resource.getrlimit(resource.RLIMIT_MSGQUEUE)[1]])
                """)
            let values = try #require(report.arrayValue)
            let opened = try #require(values.first?.integerValue)
            let limit = try #require(values.last?.integerValue)
            #expect(values[1] == .string(use.error ?? "0"), "\(report)")
            #expect(use.error == nil ? opened == use.wanted : opened < use.wanted, "\(report)")
            let size = use.attributes ?? (10, 8192)
            #expect(opened * size.messages * size.size <= limit)
            #expect((98_304...819_200).contains(limit))
        }
    }
}
