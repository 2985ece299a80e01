// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

@testable import OutpostImage

/// What of a host's configuration an image has, on a host that is made up.
struct HostConfigurationTests {
    /// A file of the made-up host.
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let path: String
        var content = "a = 1\n"
        var mode: UInt32 = 0o644
        /// What its package noted; nil for nothing, "changed" for the sum of something else.
        var digest: String?
        /// A link of /usr that leads to it, or to this directory.
        var linked: String?
        var extra: [String] = []
        let isTaken: Bool
    }

    private static func brought(_ path: String, _ content: String = "a = 1\n", mode: UInt32 = 0o644, taken: Bool)
        -> Case
    {
        Case(
            description: "brought \(path)", path: path, content: content, mode: mode, digest: "same", linked: nil,
            isTaken: taken)
    }

    private static func changed(_ path: String, _ content: String = "a = 1\n", extra: [String] = [], taken: Bool)
        -> Case
    {
        Case(
            description: "changed \(path) \(extra)", path: path, content: content, digest: "changed", extra: extra,
            isTaken: taken)
    }

    private static func linked(
        _ path: String, _ content: String = "a = 1\n", by target: String? = nil, digest: String? = nil, taken: Bool
    ) -> Case {
        Case(
            description: "linked \(path) by \(target ?? path) with \(digest ?? "no") sum", path: path, content: content,
            digest: digest, linked: target ?? path, isTaken: taken)
    }

    private static func unknown(_ path: String, _ content: String = "a = 1\n", extra: [String] = [], taken: Bool)
        -> Case
    {
        Case(description: "unknown \(path) \(extra)", path: path, content: content, extra: extra, isTaken: taken)
    }

    private static let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n"
    private static let certificate = "-----BEGIN CERTIFICATE-----\ntokenPASSWORDsecret\n-----END CERTIFICATE-----\n"

    static let cases: [Case] = [
        // As their packages brought them.
        brought("/etc/octave.conf", taken: true),
        brought("/etc/julia/startup.jl", taken: true),
        brought("/etc/erlang/sys.config", "password = none\n", taken: true),
        brought("/etc/vim/vimrc", mode: 0o755, taken: true),
        brought("/etc/closed.conf", mode: 0o640, taken: false),
        brought("/etc/everybodys.conf", mode: 0o666, taken: false),
        brought("/etc/ssh/moduli", taken: false),
        brought("/etc/default/rcS", taken: false),
        brought("/etc/hosts", taken: false),
        brought("/etc/ghostscript/a.key", taken: false),
        // Changed by the operator.
        changed("/etc/octave.conf", taken: false),
        changed("/etc/maven/settings.xml", "<password>x</password>\n", taken: false),
        changed("/etc/octave.conf", extra: ["/etc/octave.conf"], taken: true),
        changed("/etc/maven/settings.xml", extra: ["/etc/maven"], taken: true),
        // Where links of /usr lead.
        linked("/etc/X11/app-defaults/XTerm", taken: true),
        linked("/etc/scheme/site.scm", by: "/etc/scheme", taken: true),
        linked("/etc/scheme/site.scm", "(define token \"x\")\n", by: "/etc/scheme", taken: false),
        linked("/etc/scheme/site.scm", by: "/etc/scheme", digest: "changed", taken: false),
        linked("/etc/fpc-3.2.cfg", digest: "changed", taken: true),
        linked("/etc/mysql/my.cnf", "[client]\npassword = x\n", digest: "changed", taken: false),
        linked("/etc/mysql/my.cnf", "[client]\npassword = x\n", taken: false),
        linked("/etc/java/java.security", "# password of the key store\n", digest: "same", taken: true),
        linked("/etc/trust/bundle.pem", certificate, by: "/etc/trust", taken: true),
        linked("/etc/trust/server.pem", certificate + key, by: "/etc/trust", taken: false),
        linked("/etc/trust/server.pem", key, taken: false),
        linked("/etc/scheme/proxy.scm", "url = http://me:word@proxy/\n", by: "/etc/scheme", taken: false),
        linked("/etc/environment", taken: false),
        linked("/etc/ssl/private/a.pem", by: "/etc/ssl/private", taken: false),
        linked("/var/lib/ghc/package.conf.d/base.conf", by: "/var/lib/ghc/package.conf.d", taken: true),
        linked("/var/lib/docker/image.json", by: "/var/lib/docker", taken: false),
        // Names that are on every host.
        unknown("/etc/services", taken: true),
        unknown("/etc/ssl/certs/ca-certificates.crt", certificate, taken: true),
        unknown("/etc/ssl/certs/server.pem", key, taken: false),
        unknown("/etc/fonts/local.conf", "<!-- Password: x -->\n", taken: false),
        // Of nobody.
        unknown("/etc/gitconfig", taken: false),
        unknown("/etc/npmrc", taken: false),
        unknown("/etc/gitconfig", extra: ["/etc/gitconfig"], taken: true),
        unknown("/etc/default/locale", extra: ["/etc/default/locale"], taken: true),
        unknown("/etc/site/a/b.conf", extra: ["/etc/site"], taken: true),
        unknown("/etc/site/key.pem", key, extra: ["/etc/site"], taken: false),
        unknown("/etc/shadow", extra: ["/etc/shadow"], taken: false),
        unknown("/etc/site/ssh_host_key", extra: ["/etc/site"], taken: false),
    ]

    @Test(arguments: cases)
    func aFileIsTakenOrNot(test: Case) throws {
        try Self.withHost { host in
            try Self.make(test, on: host)
            let configuration = HostConfiguration(.read(host: host), extra: test.extra, host: host)
            #expect(configuration.contains(test.path) == test.isTaken, "\(configuration)")
            #expect(configuration.files.contains(test.path) == test.isTaken)
        }
    }

    @Test func nothingBelowADirectoryThatIsClosedIsTaken() throws {
        try Self.withHost { host in
            try Self.make(Self.linked("/etc/scheme/deep/site.scm", by: "/etc/scheme", taken: false), on: host)
            try setMode("\(host)/etc/scheme/deep", 0o750)
            #expect(HostConfiguration(.read(host: host), host: host).files == [])
            #expect(
                HostConfiguration(.read(host: host), extra: ["/etc/scheme/deep/site.scm"], host: host).files == [])
        }
    }

    @Test func linksBesideWhatIsTakenAreMadeWhenTheyLeadToSomethingPublic() throws {
        try Self.withHost { host in
            try Self.make(Self.brought("/etc/php/8.2/mods-available/zip.ini", taken: true), on: host)
            try makeDirectories("\(host)/etc/php/8.2/cli/conf.d")
            for (name, target) in [
                ("20-zip.ini", "/etc/php/8.2/mods-available/zip.ini"), ("30-a.ini", "../../mods-available/zip.ini"),
                ("40-site.ini", "/etc/site.ini"), ("50-lib", "/usr/lib/php"), ("60-key.ini", "../../../../../root/x"),
            ] { try replaceLink("\(host)/etc/php/8.2/cli/conf.d/\(name)", target: target) }
            try replaceLink("\(host)/etc/php.cfg", target: "/etc/alternatives/php.cfg")
            let configuration = HostConfiguration(.read(host: host), host: host)
            #expect(
                configuration.links == [
                    "/etc/php/8.2/cli/conf.d/20-zip.ini": "/etc/php/8.2/mods-available/zip.ini",
                    "/etc/php/8.2/cli/conf.d/30-a.ini": "../../mods-available/zip.ini",
                    "/etc/php/8.2/cli/conf.d/50-lib": "/usr/lib/php", "/etc/php.cfg": "/etc/alternatives/php.cfg",
                ])
        }
    }

    @Test func factsThatWereKeptHoldUntilThePackagesChange() throws {
        try Self.withHost { host in
            try Self.make(Self.linked("/etc/scheme/site.scm", by: "/etc/scheme", digest: "same", taken: true), on: host)
            let record = "\(host)/record"
            let first = PackageFacts.current(host: host, record: record)
            #expect(first.targets == ["/etc/scheme"])
            #expect(first.digests.keys.sorted() == ["/etc/scheme/site.scm"])
            // Nothing notes a link that somebody makes by hand, until the packages change.
            try replaceLink("\(host)/usr/share/other", target: "/etc/other")
            #expect(PackageFacts.current(host: host, record: record) == first)
            try writeFile("\(host)/var/lib/dpkg/status", "Package: new\n", flags: [.writeOnly, .truncate])
            #expect(PackageFacts.current(host: host, record: record).targets == ["/etc/scheme", "/etc/other"])
            try writeFile(record, "damaged", flags: [.writeOnly, .truncate])
            #expect(PackageFacts.current(host: host, record: record).targets == ["/etc/scheme", "/etc/other"])
        }
    }

    private static func make(_ test: Case, on host: String) throws {
        let folder = test.path.split(separator: "/").dropLast().joined(separator: "/")
        try makeDirectories("\(host)/\(folder)")
        try writeFile(host + test.path, test.content, flags: [.writeOnly, .create], mode: 0o600)
        try setMode(host + test.path, test.mode)
        if let digest = test.digest {
            let sum = MessageDigest5.hexadecimal(Array((digest == "same" ? test.content : "other").utf8))
            try writeFile(
                "\(host)/var/lib/dpkg/status", "Package: p\nConffiles:\n \(test.path) \(sum)\nDescription: x\n",
                flags: [.writeOnly, .truncate])
        }
        if let linked = test.linked {
            try makeDirectories("\(host)/usr/share/p")
            try replaceLink("\(host)/usr/share/p/link", target: linked)
        }
    }

    private static func withHost(_ body: (String) throws -> Void) throws {
        let host = "/tmp/outpost-host-\(UInt64.random(in: 0...(.max)))"
        try makeDirectories("\(host)/var/lib/dpkg")
        for name in ["etc", "usr/share"] { try makeDirectories("\(host)/\(name)") }
        try writeFile("\(host)/var/lib/dpkg/status", "", flags: [.writeOnly, .create], mode: 0o644)
        let outcome = Result { try body(host) }
        try removeTree(host)
        try outcome.get()
    }
}
