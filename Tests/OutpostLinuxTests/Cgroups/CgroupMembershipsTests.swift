// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// A process is told its cgroup of each hierarchy by name, and finds it below the mount or as the mount.
struct CgroupMembershipsTests {
    private static let text = "12:cpu,cpuacct:/docker/4f\n3:cpuset:/\n1:name=systemd:/a:b\n0::/\nnot a line\n"

    @Test(arguments: [
        ("cpuset", "/c"), ("cpu", "/c/docker/4f"), ("cpuacct", "/c/docker/4f"), ("name=systemd", "/c/a:b"),
        ("memory", "/c"),
    ])
    func aCgroupIsBelowTheMountOfItsHierarchy(controller: String, directory: String) {
        #expect(CgroupMemberships(Self.text).directory(of: controller, in: "/c") { _ in true } == directory)
    }

    @Test func aMountThatBeginsAtTheCgroupIsTheCgroup() {
        #expect(CgroupMemberships(Self.text).directory(of: "cpu", in: "/c") { _ in false } == "/c")
    }
}
