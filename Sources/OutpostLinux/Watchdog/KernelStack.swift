// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Where threads of this process stand in the kernel.
enum KernelStack {
    /// One line of text: of this thread, or, when it is not known, of all.
    static func text(of thread: Int32?) -> String {
        if let thread { return describe(String(thread)) }
        let threads = (try? entries(of: "/proc/self/task")) ?? []
        return threads.prefix(64).map { "\($0): \(describe($0))" }.joined(separator: "; ")
    }

    /// Without CAP_SYS_ADMIN the stack is not to be read (proc_pid_stack(5)); the function that the thread sleeps in and
    /// the system call that it is in say most of it.
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
