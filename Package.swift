// swift-tools-version:6.2
// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func main(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioConcurrencyHelpers = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "outpost",
    products: [
        .executable(name: "outpost", targets: ["outpost"]),
        .executable(name: "outpost-init", targets: ["outpost-init"]),
        .library(name: "OutpostClient", targets: ["OutpostClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        // Tier 0
        .target(name: "COutpost", cSettings: [.define("_GNU_SOURCE"), .treatAllWarnings(as: .error)]),
        .target(name: "COutpostGuest"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        library("OutpostCore"),
        library("OutpostTar"),
        // Tier 1
        library("OutpostMetrics", [coreMetrics]),
        library("OutpostNetwork", ["OutpostCore"]),
        library("OutpostLinux", ["OutpostCore", "COutpost"]),
        library("OutpostWire", ["OutpostCore"]),
        library("OutpostAPI", ["OutpostCore"]),
        library("OutpostStore", ["OutpostCore"]),
        library("OutpostLanguages", ["OutpostCore", yams], resources: [.embedInCode("Manifests")]),
        // Tier 2
        library("OutpostImage", ["OutpostCore", "OutpostLinux"]),
        library("OutpostSandboxing", ["OutpostCore", "OutpostLinux"]),
        library("OutpostVolumes", ["OutpostCore", "OutpostLinux", subprocess]),
        library("OutpostStoreSQLite", ["OutpostCore", "OutpostStore", grdb]),
        library("OutpostStoreFiles", ["CZlib", "OutpostCore", "OutpostLinux", "OutpostStore"]),
        library("OutpostConfinement", ["OutpostCore", "OutpostLinux", "OutpostWire"]),
        library(
            "OutpostClient",
            [
                "OutpostCore", "OutpostAPI", "OutpostNetwork", asyncHTTPClient, nioCore, nioHTTP1, nioPosix, nioSSL,
                nioWebSocket,
            ]),
        library(
            "OutpostCallbacks",
            [
                "OutpostCore", "OutpostLinux", "OutpostNetwork", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix,
                nioSSL,
            ]),
        // Tier 3
        library(
            "OutpostDriverNamespaces",
            [
                "OutpostCore", "OutpostLinux", "OutpostWire", "OutpostSandboxing", "OutpostVolumes", "COutpostGuest",
                "CSeccomp",
                subprocess,
            ]),
        library(
            "OutpostSpawner", ["OutpostConfinement", "OutpostCore", "OutpostImage", "OutpostLinux", "OutpostWire"]),
        library("OutpostGuest", ["OutpostConfinement", "OutpostCore", "OutpostLinux", "OutpostWire"]),
        library(
            "OutpostEngine",
            [
                "OutpostAPI", "OutpostCore", "OutpostMetrics", "OutpostStore", "OutpostSandboxing", "OutpostTar",
                "OutpostVolumes", "OutpostLanguages", coreMetrics, crypto, logging, serviceLifecycle,
            ]),
        library(
            "OutpostJobs",
            [
                "OutpostCallbacks", "OutpostCore", "OutpostMetrics", "OutpostStore", coreMetrics, logging,
                serviceLifecycle,
            ]),
        // Tier 4
        library(
            "OutpostServer",
            [
                "COutpostGuest", "OutpostCore", "OutpostTar", "OutpostAPI", "OutpostMetrics", "OutpostStore",
                "OutpostLanguages", "OutpostEngine", "OutpostJobs", coreMetrics, crypto, httpTypes, hummingbird,
                hummingbirdCore, hummingbirdTLS, logging,
                nioCore, nioHTTP1,
                nioHTTPTypes, nioHTTPTypesHTTP1, nioSSL, nioWebSocket, serviceLifecycle,
            ]),
        library("OutpostCommands", ["OutpostCore", "OutpostAPI", "OutpostClient", "OutpostTar", argumentParser]),
        // Tier 5
        main(
            "outpost",
            [
                "OutpostCore", "OutpostImage", "OutpostLinux", "OutpostNetwork", "OutpostSandboxing",
                "OutpostDriverNamespaces",
                "OutpostVolumes",
                "OutpostStore",
                "OutpostAPI", "OutpostStoreSQLite", "OutpostStoreFiles", "OutpostLanguages", "OutpostEngine",
                "OutpostCallbacks", "OutpostJobs", "OutpostMetrics", "OutpostServer", "OutpostCommands",
                argumentParser, logging, serviceLifecycle, unixSignals, yams,
            ]),
        main("outpost-init", ["OutpostLinux", "OutpostGuest", "OutpostSpawner"]),
        // Tests
        .target(
            name: "CSanitizers", path: "Tests/CSanitizers",
            cSettings: [.define("_GNU_SOURCE"), .treatAllWarnings(as: .error)]),
        library(
            "OutpostTesting",
            [
                "OutpostCore", "OutpostAPI", "OutpostLinux", "OutpostSandboxing", "OutpostStore", asyncHTTPClient,
                nioConcurrencyHelpers, nioCore, nioHTTP1,
                nioPosix, subprocess,
            ]),
        tests("OutpostCoreTests", ["OutpostCore"]),
        tests("OutpostMetricsTests", ["OutpostMetrics", coreMetrics]),
        tests("OutpostLinuxTests", ["COutpost", "OutpostLinux", "OutpostTesting"]),
        tests("OutpostImageTests", ["OutpostLinux", "OutpostImage"]),
        tests("OutpostTarTests", ["OutpostTar"], exclude: ["OtherTars/Scripts"]),
        tests("OutpostWireTests", ["OutpostCore", "OutpostWire"]),
        tests("OutpostSpawnerTests", ["OutpostCore", "OutpostImage", "OutpostLinux", "OutpostWire", "OutpostSpawner"]),
        tests("OutpostGuestTests", ["COutpostGuest", "OutpostCore", "OutpostLinux", "OutpostWire", "OutpostGuest"]),
        tests("OutpostConfinementTests", ["OutpostCore", "OutpostLinux", "OutpostWire", "OutpostConfinement"]),
        tests("OutpostSandboxingTests", ["OutpostCore", "OutpostLinux", "OutpostSandboxing", "OutpostTesting"]),
        tests("OutpostVolumesTests", ["OutpostCore", "OutpostLinux", "OutpostTesting", "OutpostVolumes"]),
        tests(
            "OutpostDriverNamespacesTests",
            [
                "COutpost", "OutpostCore", "OutpostLinux", "OutpostWire", "OutpostSandboxing", "CSeccomp",
                "OutpostDriverNamespaces",
                "OutpostTesting",
            ],
            exclude: ["Golden"]),
        tests(
            "OutpostEngineTests",
            [
                "OutpostCore", "OutpostStore", "OutpostSandboxing", "OutpostVolumes", "OutpostLanguages",
                "OutpostEngine", "OutpostMetrics", "OutpostTar", "OutpostTesting", logging,
            ]),
        tests(
            "OutpostJobsTests",
            [
                "OutpostCallbacks", "OutpostCore", "OutpostJobs", "OutpostMetrics", "OutpostStore",
                "OutpostStoreSQLite", "OutpostTesting",
                logging, nioConcurrencyHelpers, serviceLifecycle,
            ]),
        tests("OutpostAPITests", ["OutpostCore", "OutpostAPI"]),
        tests(
            "OutpostStoreTests",
            [
                "OutpostAPI", "OutpostCore", "OutpostStore", "OutpostStoreFiles", "OutpostStoreSQLite",
                "OutpostTesting", grdb,
                nioConcurrencyHelpers,
            ]),
        tests("OutpostLanguagesTests", ["OutpostCore", "OutpostLanguages"]),
        tests("OutpostClientTests", ["OutpostCore", "OutpostAPI", "OutpostClient"]),
        tests(
            "OutpostServerTests",
            [
                "OutpostAPI", "OutpostCore", "OutpostEngine", "OutpostLanguages", "OutpostMetrics", "OutpostServer",
                "OutpostStore", "OutpostTar",
                "OutpostTesting", "OutpostVolumes", httpTypes, hummingbird, hummingbirdCore, logging, nioCore,
                nioEmbedded,
                nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, serviceLifecycle,
            ]),
        tests("OutpostNetworkTests", ["OutpostCore", "OutpostNetwork"]),
        tests(
            "OutpostCallbacksTests",
            [
                "OutpostCore", "OutpostCallbacks", "OutpostNetwork", "OutpostTesting", nioConcurrencyHelpers, nioCore,
                nioPosix, nioSSL,
            ]),
        tests(
            "OutpostCommandsTests",
            [
                "OutpostCore", "OutpostAPI", "OutpostClient", "OutpostCommands", "OutpostTar", "OutpostTesting",
                argumentParser,
            ]),
        tests(
            "OutpostServeTests",
            [
                "outpost", "OutpostCore", "OutpostEngine", "OutpostJobs", "OutpostLanguages", "OutpostServer",
                "OutpostTesting", "OutpostVolumes", logging,
            ]),
        tests(
            "FuzzTests",
            [
                "OutpostCore", "OutpostLinux", "OutpostTar", "OutpostWire", "OutpostAPI", "OutpostConfinement",
                "OutpostSpawner",
            ]),
        tests("SanitizerTests", ["CSanitizers"]),
        tests("IntegrationTests", ["OutpostCore", "OutpostAPI", "OutpostClient", "OutpostTesting"]),
    ],
    swiftLanguageModes: [.v6]
)
