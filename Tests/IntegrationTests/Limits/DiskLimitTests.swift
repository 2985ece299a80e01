// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct DiskLimit {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        private static let fillBlocks = """
            with open('big', 'wb', 0) as file:
                while True: file.write(b'x' * 65536)
            """
        private static let fillNames = """
            for number in range(5_000_000): open(f'file-{number}', 'x').close()
            """

        @Test(arguments: ["ephemeral", "stateful"], [fillBlocks, fillNames])
        func theDiskIsFullOfBlocksOrOfNames(_ mode: String, _ code: String) async throws {
            let request: JSONValue = [
                "language": "python", "mode": .string(mode), "resource_limits": ["disk_mb": 16],
            ]
            try await api.withSandbox(request) { sandbox in
                let execution = try await api.exec(sandbox, code: code)
                #expect(execution.status == .diskFull, "\(execution.stderr.text)")
                #expect(execution.exitCode == 1)
                #expect(execution.stderr.text.contains("No space left on device"))
            }
        }

        @Test func aStatefulDiskWorksAgainWhenThereIsRoom() async throws {
            let request: JSONValue = [
                "language": "python", "mode": "stateful", "resource_limits": ["disk_mb": 16],
            ]
            try await api.withSandbox(request) { sandbox in
                #expect(try await api.exec(sandbox, code: Self.fillBlocks).status == .diskFull)
                let freed = try await api.exec(
                    sandbox, ["command": ["rm", "big"]])
                #expect(freed.status == .succeeded, "\(freed.stderr.text)")
                let next = try await api.exec(
                    sandbox, code: "open('small', 'w').write('fits')\nprint(open('small').read())")
                #expect(next.stdout.text == "fits\n")
            }
        }

        @Test func anErrorAboutSpaceThatTheProgramHandlesIsNoFailure() async throws {
            let code = """
                import os
                try:
                    with open('big', 'wb', 0) as file:
                        while True: file.write(b'x' * 65536)
                except OSError as error:
                    os.unlink('big')
                    print(error.errno)
                """
            let execution = try await api.execute(
                "python", code, ["resource_limits": ["disk_mb": 8]])
            #expect(execution.status == .succeeded)
            #expect(execution.stdout.text == "28\n")
        }

        @Test func aHugeSparseFileTakesNoRoom() async throws {
            let code = """
                import os
                for size in (1 << 62, 1 << 40, 1 << 33):
                    try:
                        with open('sparse', 'wb') as file: file.truncate(size)
                        print('made')
                    except OSError as error:
                        print('refused')
                """
            let execution = try await api.execute(
                "python", code, ["resource_limits": ["disk_mb": 8]])
            #expect(execution.stdout.text.hasPrefix("refused\n"), "\(execution)")
            #expect(try await api.execute("bash", "echo well").stdout.text == "well\n")
        }
    }
}
