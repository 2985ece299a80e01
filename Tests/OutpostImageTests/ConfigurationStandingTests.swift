// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostImage

/// What may never be in an image, whatever else says that it should.
struct ConfigurationStandingTests {
    @Test(arguments: [
        "/etc/shadow", "/etc/shadow-", "/etc/gshadow.bak", "/etc/sudoers.d/admin", "/etc/ssh/ssh_config",
        "/etc/ssl/private",
        "/etc/ssl/private/server.pem", "/etc/pki/tls/private/localhost.key", "/etc/krb5.keytab",
        "/etc/docker/daemon.json",
        "/etc/kubernetes/admin.conf", "/etc/wireguard/wg0.conf",
        "/etc/NetworkManager/system-connections/home.nmconnection",
        "/etc/apt/auth.conf.d/proxy.conf", "/etc/apt/sources.list.d/private.list", "/etc/netrc", "/etc/.netrc",
        "/etc/cloud/cloud.cfg", "/etc/letsencrypt/live/example/fullchain.pem", "/etc/nginx/server.KEY",
        "/etc/fonts/private/a",
        "/etc/maven/settings-security-token.xml", "/etc/mysql/debian.cnf", "/etc/security/opasswd",
        "/etc/ssh\u{2f}\u{308}x",
        "/etc/rancher/k3s/k3s.yaml", "/etc/exim4/passwd.client", "/etc/apache2/.htpasswd", "/etc/crypttab",
        "/var/lib/docker/config.json", "/var/lib/private/x", "/etc/ssl/certs/host_rsa", "/etc/bind/rndc.key",
    ])
    func itIsASecret(path: String) { #expect(ConfigurationStanding(of: path) == .secret) }

    @Test(arguments: [
        "/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
        "/etc/machine-id",
        "/etc/localtime", "/etc/timezone", "/etc/ld.so.cache", "/etc/alternatives/java", "/etc/outpost/starter.cjs",
    ])
    func everySandboxHasItsOwn(path: String) { #expect(ConfigurationStanding(of: path) == .ofImage) }

    @Test(arguments: [
        "/etc/environment", "/etc/environment.d/90.conf", "/etc/default/grafana-server",
        "/etc/systemd/system/a.service",
        "/etc/cron.d/backup", "/etc/crontab", "/etc/init.d/ssh-agent", "/etc/rc2.d/S01a", "/etc/pam.d/login",
        "/etc/fstab",
        "/etc/apt/apt.conf", "/etc", "/root/.bashrc", "/home/a", "etc",
    ])
    func itDescribesTheHost(path: String) { #expect(ConfigurationStanding(of: path) == .ofHost) }

    @Test(arguments: [
        "/etc/matplotlibrc", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/openssl.cnf", "/etc/fonts/fonts.conf",
        "/etc/php/8.2/cli/php.ini", "/etc/R/Renviron", "/etc/ImageMagick-6/policy.xml", "/etc/maven/settings.xml",
        "/etc/perl/CPAN/Config.pm", "/etc/X11/rgb.txt", "/etc/locale.alias", "/var/lib/ghc/package.conf.d/a.conf",
        "/etc/texmf/web2c/texmf.cnf", "/etc/java-21-openjdk/security/java.security", "/etc/OpenCL/vendors/pocl.icd",
    ])
    func itMayBeShown(path: String) { #expect(ConfigurationStanding(of: path) == .open) }

    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"), ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"), ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
        // The lengths about which the padding changes its number of blocks.
        (String(repeating: "x", count: 55), "04364420e25c512fd958a70738aa8f72"),
        (String(repeating: "x", count: 56), "668a72d5ba17f08e62dabcafad6db14b"),
        (String(repeating: "x", count: 64), "c1bb4f81d892b2d57947682aeb252456"),
        (String(repeating: "x", count: 119), "ab347a5f68c8a443cfcddc633f12c24f"),
        (String(repeating: "x", count: 120), "fb98667f98096de92620b64f46e1c5b5"),
    ])
    func sumsAreThoseOfTheStandard(text: String, digest: String) {
        #expect(MessageDigest5.hexadecimal(Array(text.utf8)) == digest)
    }
}
