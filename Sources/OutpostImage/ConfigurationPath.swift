// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The rule that decides by its path whether an entry of the host's `/etc` or `/var` is copied to the image. If several
/// rules match, the strictest one applies.
public enum ConfigurationStanding: Hashable, Sendable {
    /// May hold a secret. It is never in an image, not even when the operator asks.
    case secret
    /// The image has a version of its own.
    case ofImage
    /// Describes or runs the host. It is in an image only when the operator asks.
    case ofHost
    /// No rule excludes it.
    case open
}

extension ConfigurationStanding {
    /// The rule for an absolute path of the host.
    public init(of path: String) {
        let parts = path.pathComponents.map { $0.lowercased() }
        guard parts.first == "etc" || parts.first == "var", parts.count > 1 else {
            self = .ofHost
            return
        }
        let names = parts.dropFirst()
        let first = parts[1]
        if names.contains(where: Self.isSecret) || Self.secretFolders.contains(first)
            || Self.secretPaths.contains(where: { names.joined(separator: "/").hasPrefix($0) })
        {
            self = .secret
        } else if parts[0] == "etc", Self.image.contains(first) {
            self = .ofImage
        } else if parts[0] == "etc", Self.host.contains(first) || first.hasPrefix("cron") || first.hasPrefix("rc") {
            self = .ofHost
        } else {
            self = .open
        }
    }

    private static func isSecret(_ name: String) -> Bool {
        secretNames.contains(name) || secretPrefixes.contains(where: name.hasPrefix)
            || secretSuffixes.contains(where: name.hasSuffix)
            || secretWords.contains { ConfigurationContent.contains(Array(name.utf8)[...], $0) }
    }

    /// Names of files or directories at any depth.
    private static let secretNames: Set<String> = [
        "private", "keys", "netrc", ".netrc", ".pgpass", "htpasswd", ".htpasswd", "htdigest", "opasswd",
        "cryptsetup-keys.d",
        "authorized_keys", "pki-private", "kubeconfig", "dkimkeys", "passwd.client", "crypttab", ".npmrc", ".pypirc",
    ]

    /// Prefixes of names at any depth. They also match the backup copies that editors and package managers make.
    private static let secretPrefixes = [
        "shadow", "gshadow", "sudoers", "id_rsa", "id_ed25519", "id_ecdsa", "id_dsa", "ssh_host_", "sasl_passwd",
        "auth.conf",
    ]

    private static let secretSuffixes = [
        ".key", ".keys", ".keytab", ".kdbx", ".p12", ".pfx", ".ppk", ".gpg-secret", "_rsa", "_ed25519", ".kubeconfig",
        ".vault",
        ".ovpn", ".keyring",
    ]

    private static let secretWords = ["secret", "password", "credential", "token", "apikey", "api_key", "privkey"]

    /// First components of paths below `/etc`. They belong to programs that log in to a service or accept logins.
    private static let secretFolders: Set<String> = [
        "ssh", "docker", "containerd", "containers", "kubernetes", "rancher", "cni", "wireguard", "openvpn", "ipsec.d",
        "ipsec.conf", "swanctl", "strongswan.d", "networkmanager", "netplan", "wpa_supplicant", "ppp", "chatscripts",
        "letsencrypt", "acme", "cloud", "waagent", "salt", "puppet", "puppetlabs", "chef", "vault", "vault.d",
        "consul.d",
        "nomad.d", "etcd", "grafana", "samba", "sssd", "nslcd.conf", "krb5kdc", "ceph", "iscsi", "snmp", "nut",
        "bacula",
        "bareos", "msmtprc", "ssmtp", "exim4", "postfix", "dovecot", "postgresql", "redis", "rabbitmq", "tor", "i2pd",
        "rndc.key", "tcb", "boto.cfg", "s3cfg", "aws", "gitlab", "gitlab-runner", "gitea", "jenkins",
    ]

    /// Prefixes of paths below `/etc` or `/var`.
    private static let secretPaths = [
        "mysql/debian.cnf", "apt/sources.list", "lib/docker", "lib/containerd", "lib/kubelet", "lib/outpost",
        "lib/private",
        "lib/cloud", "lib/sudo", "lib/machines",
    ]

    private static let image: Set<String> = [
        "passwd", "passwd-", "group", "group-", "subuid", "subuid-", "subgid", "subgid-", "hosts", "hostname",
        "resolv.conf",
        "nsswitch.conf", "machine-id", "mtab", "os-release", "localtime", "timezone", "alternatives", "ld.so.cache",
        "outpost",
    ]

    private static let host: Set<String> = [
        "apt", "default", "dpkg", "environment", "environment.d", "fstab", "init", "init.d", "network", "pam.conf",
        "pam.d",
        "security", "systemd", "udev", "modprobe.d", "profile.d", "update-motd.d", "motd", "issue", "issue.net",
        "adjtime",
        "aliases", "mailname", "hosts.allow", "hosts.deny", "exports", "rsyslog.d", "logrotate.d", "nftables.conf",
        "iptables",
        "ufw", "firewalld", "apparmor.d", "selinux", "polkit-1", "yum.repos.d", "dnf",
    ]
}
