// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostSandboxing

/// What a zygote of Python's is given besides Python itself.
enum PythonFiles {
    /// - Parameter directory: one that Python looks through for path configuration files when it starts.
    static func zygoteFiles(in directory: String) -> [SandboxFile] {
        [
            SandboxFile(path: "\(directory)/_outpost_starter.py", content: Array(outpost_python_starter.bytes)),
            SandboxFile(path: "\(directory)/_outpost_path.py", content: Array(path.utf8)),
            SandboxFile(path: "\(directory)/_outpost_fork.so", content: Array(outpost_python_fork.bytes)),
            // The last by name, so that what else is configured is there before the interpreter waits.
            SandboxFile(
                path: "\(directory)/zzz-outpost.pth",
                content: Array("import _outpost_starter; _outpost_starter.start()\n".utf8)),
        ]
    }

    static let directory = "\(WarmStartFiles.directory)/python"

    /// What an interpreter finds that waits in its own sandbox: `sitecustomize` is imported after everything that a program
    /// finds, and makes way for the image's own.
    static var warm: [SandboxFile] {
        [
            SandboxFile(path: "\(directory)/_outpost_starter.py", content: Array(outpost_python_starter.bytes)),
            SandboxFile(path: "\(directory)/_outpost_path.py", content: Array(path.utf8)),
            SandboxFile(path: "\(directory)/_outpost_fork.so", content: Array(outpost_python_fork.bytes)),
            SandboxFile(path: "\(directory)/sitecustomize.py", content: Array(warmCustomization.utf8)),
        ]
    }

    static let coldDirectory = "\(WarmStartFiles.directory)/python-led"

    /// What an interpreter finds that is started for its program.
    static var cold: [SandboxFile] {
        [SandboxFile(path: "\(coldDirectory)/sitecustomize.py", content: Array((path + coldCustomization).utf8))]
    }

    /// The program, told where its modules are.
    static func coldStart(of program: ProgramSpec) -> ProgramSpec {
        var program = program
        guard let position = program.environment.firstIndex(where: { $0.name == "PYTHONPATH" }) else {
            program.environment.append(.init(name: "PYTHONPATH", value: coldDirectory))
            return program
        }
        let own = program.environment[position].value
        program.environment[position] = .init(
            name: "PYTHONPATH", value: own.isEmpty ? coldDirectory : "\(coldDirectory):\(own)")
        if own.isEmpty { program.environment.append(.init(name: "OUTPOST_PYTHONPATH", value: "")) }
        return program
    }

    /// The program, waiting in its own sandbox.
    static func program(_ key: InterpreterKey) -> ProgramSpec {
        var program = key.program
        program.environment =
            [
                .searchPath, .init(name: "PYTHONPATH", value: directory),
                // Without a home of its own: the packages in the user's are code that runs when they are found.
                .init(name: "HOME", value: directory),
            ] + program.environment
        return program
    }

    private static let warmCustomization = """
        import sys, _outpost_starter
        _outpost_starter.start_ahead()
        del sys.modules["sitecustomize"]
        import sitecustomize

        """

    /// Has a program find its modules in the working directory, although its main file lies elsewhere.
    ///
    /// The interpreter puts the folder of its main file in front of `sys.path` when `site` is done, and then asks for the
    /// loader of that file by its name (`set_main_loader`, Python/pythonrun.c): the last thing before the program that can be
    /// listened to.
    private static let path = """
        import os
        import sys


        def lead():
            external = sys.modules["_frozen_importlib_external"]
            original = external.SourceFileLoader

            def load(name, path):
                if name == "__main__":
                    restore()
                    # Not so with PYTHONSAFEPATH.
                    if sys.path and sys.path[0] == os.path.dirname(path):
                        try:
                            sys.path[0] = os.getcwd()
                        except OSError:
                            pass
                        else:
                            # The main file itself can be imported too, where nothing else has its name.
                            sys.path.append(os.path.dirname(path))
                return original(name, path)

            def restore():
                for module in (external, sys.modules.get("importlib.machinery")):
                    if getattr(module, "SourceFileLoader", None) is load:
                        module.SourceFileLoader = original

            external.SourceFileLoader = load

        """

    /// Hides itself, and makes way for the `sitecustomize` of the image or the user's.
    private static let coldCustomization = """


        def forget(directory):
            sys.path.remove(directory)
            sys.path_importer_cache.pop(directory, None)
            value = os.environ["PYTHONPATH"]
            own = os.environ.pop("OUTPOST_PYTHONPATH", None)
            if value == directory and own is None:
                del os.environ["PYTHONPATH"]
            else:
                os.environ["PYTHONPATH"] = value[len(directory) + 1 :]


        lead()
        forget(os.path.dirname(__file__))
        del sys.modules["sitecustomize"]
        import sitecustomize

        """

    /// Prints the directory.
    static let probe = "import os, site; print([d for d in site.getsitepackages() if os.path.isdir(d)][-1])"
}
