// swift-tools-version:6.2
// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, so that the product's has no target that only libFuzzer can link. What is fuzzed is linked in
// from the product's sources, and the properties from its tests.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "outpost-fuzz",
    targets: [
        .target(name: "COutpost", cSettings: [.define("_GNU_SOURCE"), .treatAllWarnings(as: .error)]),
        library("OutpostCore"),
        library("OutpostTar"),
        library("OutpostLinux", ["OutpostCore", "COutpost"]),
        library("OutpostWire", ["OutpostCore"]),
        library("OutpostAPI", ["OutpostCore"]),
        library("OutpostConfinement", ["OutpostCore", "OutpostLinux", "OutpostWire"]),
        library("OutpostSpawner", ["OutpostConfinement", "OutpostCore", "OutpostLinux", "OutpostWire"]),
        library(
            "FuzzTargets",
            [
                "OutpostCore", "OutpostLinux", "OutpostTar", "OutpostWire", "OutpostAPI", "OutpostConfinement",
                "OutpostSpawner",
            ]),
        // In C, because a Swift executable brings a main, and libFuzzer has its own.
        .executableTarget(
            name: "outpost-fuzz", dependencies: ["FuzzTargets"],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])]),
    ],
    swiftLanguageModes: [.v6]
)
