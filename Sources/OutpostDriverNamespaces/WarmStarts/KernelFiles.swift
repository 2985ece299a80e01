// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore

/// The files of the kernels. `docs/kernel-protocol.md` says what they do.
enum KernelFiles {
    private static let python = "\(WarmStartFiles.directory)/python-kernel"
    private static let node = "\(WarmStartFiles.directory)/node-kernel"

    static let directories = [python, node]

    static var all: [SandboxFile] {
        [
            file(ImagePaths.pythonKernel, outpost_python_kernel),
            file("\(python)/_outpost_channel.py", outpost_python_kernel_channel),
            file("\(python)/_outpost_results.py", outpost_python_kernel_results),
            file("\(python)/_outpost_plain.py", outpost_python_kernel_plain),
            file("\(python)/_outpost_ipython.py", outpost_python_kernel_ipython),
            file(ImagePaths.nodeKernel, outpost_node_kernel),
            file("\(node)/modules.cjs", outpost_node_kernel_modules),
            file("\(node)/streams.cjs", outpost_node_kernel_streams),
            file(ImagePaths.nodeKernelStart, outpost_node_kernel_start),
        ]
    }

    private static func file(_ path: String, _ content: outpost_embedded) -> SandboxFile {
        SandboxFile(path: path, content: Array(content.bytes))
    }
}
