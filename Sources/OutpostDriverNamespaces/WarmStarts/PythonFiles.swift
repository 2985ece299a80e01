// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostSandboxing

/// The files of Python for zygotes, warm starts and cold starts.
enum PythonFiles {
    /// Returns the files of a zygote.
    ///
    /// - Parameter directory: a folder in which Python looks for path configuration files (`.pth`).
    static func zygoteFiles(in directory: String) -> [SandboxFile] {
        [
            SandboxFile(path: "\(directory)/_outpost_starter.py", content: Array(outpost_python_starter.bytes)),
            SandboxFile(path: "\(directory)/_outpost_path.py", content: Array(path.utf8)),
            SandboxFile(path: "\(directory)/_outpost_fork.so", content: Array(outpost_python_fork.bytes)),
            // The last name in the folder. Python handles the other configuration files before the interpreter waits.
            SandboxFile(
                path: "\(directory)/zzz-outpost.pth",
                content: Array("import _outpost_starter; _outpost_starter.start()\n".utf8)),
        ]
    }

    /// The folder of the warm files in a sandbox.
    static let directory = "\(WarmStartFiles.directory)/python"

    /// The files of a warm interpreter in its own sandbox. Python imports `sitecustomize` after all other start files.
    /// This one then imports the image's own.
    static var warm: [SandboxFile] {
        [
            SandboxFile(path: "\(directory)/_outpost_starter.py", content: Array(outpost_python_starter.bytes)),
            SandboxFile(path: "\(directory)/_outpost_path.py", content: Array(path.utf8)),
            SandboxFile(path: "\(directory)/_outpost_fork.so", content: Array(outpost_python_fork.bytes)),
            SandboxFile(path: "\(directory)/sitecustomize.py", content: Array(warmCustomization.utf8)),
        ]
    }

    /// The folder of the cold files in a sandbox.
    static let coldDirectory = "\(WarmStartFiles.directory)/python-led"

    /// The files of an interpreter that starts cold.
    static var cold: [SandboxFile] {
        [SandboxFile(path: "\(coldDirectory)/sitecustomize.py", content: Array((path + coldCustomization).utf8))]
    }

    /// Returns the command of a program that starts cold. The files in `coldDirectory` make it find its modules.
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

    /// Returns the command of a warm interpreter in its own sandbox.
    static func program(_ key: InterpreterKey) -> ProgramSpec {
        var program = key.program
        program.environment =
            [
                .searchPath, .init(name: "PYTHONPATH", value: directory),
                // Without the user's HOME: Python would run code from the packages in it.
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

    /// Makes a program find its modules in the working directory, although its main file is in another folder.
    ///
    /// After `site`, the interpreter puts the folder of its main file at the front of `sys.path`. Then it asks for the
    /// loader of that file by its name (`set_main_loader`, Python/pythonrun.c). This is the last step before the
    /// program that can be intercepted.
    private static let path = """
        import os
        import sys


        def lead():
            external = sys.modules["_frozen_importlib_external"]
            original = external.SourceFileLoader

            def load(name, path):
                if name == "__main__":
                    restore()
                    # With PYTHONSAFEPATH Python does not add the folder.
                    if sys.path and sys.path[0] == os.path.dirname(path):
                        try:
                            sys.path[0] = os.getcwd()
                        except OSError:
                            pass
                        else:
                            # The main file can be imported too, if no other module has its name.
                            sys.path.append(os.path.dirname(path))
                return original(name, path)

            def restore():
                for module in (external, sys.modules.get("importlib.machinery")):
                    if getattr(module, "SourceFileLoader", None) is load:
                        module.SourceFileLoader = original

            external.SourceFileLoader = load

        """

    /// Removes all traces of itself, and imports the `sitecustomize` of the image or the user.
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

    /// Prints a folder of site packages.
    static let probe = "import os, site; print([d for d in site.getsitepackages() if os.path.isdir(d)][-1])"
}
