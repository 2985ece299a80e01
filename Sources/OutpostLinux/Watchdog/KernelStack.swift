// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Kernel stacks of this process's threads, as text for the log.
enum KernelStack {
    /// One line with the stack of `thread`, or with those of the first 64 threads when it is nil.
    static func text(of thread: Int32?) -> String {
        if let thread { return describe(String(thread)) }
        let threads = (try? entries(of: "/proc/self/task")) ?? []
        return threads.prefix(64).map { "\($0): \(describe($0))" }.joined(separator: "; ")
    }

    /// Reading the stack needs CAP_SYS_ADMIN (proc_pid_stack(5)). Without it the text has the kernel function and the system
    /// call that the thread waits in.
    private static func describe(_ thread: String) -> String {
        let directory = "/proc/self/task/\(thread)"
        if let stack = try? readText("\(directory)/stack"), !stack.isEmpty {
            return stack.split(separator: "\n").joined(separator: " < ")
        }
        return ["comm", "wchan", "syscall"].map { name in
            let text = (try? readText("\(directory)/\(name)")) ?? "?"
            return "\(name) \(text.split(separator: "\n").first ?? "-")"
        }.joined(separator: ", ")
    }
}
