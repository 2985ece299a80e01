// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp

/// The allowed socket families, types, protocols, options and ioctls.
///
/// For an unknown family, type or protocol, a kernel with modules starts a helper program as the host's root, in no
/// cgroup of a run, before it checks any right (`request_module` in net/socket.c, net/ipv4/af_inet.c,
/// net/netlink/af_netlink.c). Therefore these are lists of known values, and everything else is denied.
extension SeccompProfile {
    private static let localFamily: UInt64 = 1
    private static let routeFamily: UInt64 = 16
    private static let internetFamilies: [UInt64] = [2, 10]

    // `socketpair` creates two sockets before the family can refuse pairs.
    private static let makers = ["socket", "socketpair"]

    /// Denies all families except AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK (AF_ALG was CVE-2026-31431). The kernel has
    /// no families from 64 on and loads no module for them. Of netlink only NETLINK_ROUTE, 0, is allowed. Every other
    /// protocol needs a module or reveals facts about the host.
    static let families: [ArgumentRule] = makers.flatMap { call in
        NumberBlock.outside([localFamily, routeFamily] + internetFamilies, bits: 6).map { family in
            ArgumentRule(
                reason: "socket families beyond local, IP and routing", name: call, error: familyError,
                conditions: [.equals(0, family.value, under: family.mask)])
        }
            + NumberBlock.outside([0], bits: 5).map { proto in
                ArgumentRule(
                    reason: "netlink other than routes", name: call, error: familyError,
                    conditions: [.equals(0, routeFamily), .equals(2, proto.value, under: proto.mask)])
            }
    }

    /// Denies unknown types and protocols. Flags of a type are above these four bits. Allowed are SOCK_STREAM with TCP
    /// and SOCK_DGRAM with UDP and ping. SOCK_RAW needs a capability. SOCK_SEQPACKET, SOCK_DCCP and others would load
    /// modules. SOCK_PACKET is AF_PACKET.
    static let transports: [ArgumentRule] = makers.flatMap { call in
        internetFamilies.flatMap { family in
            let ping: UInt64 = family == 2 ? 1 : 58
            return known([0, 6], type: 1, family, call) + known([0, 17, ping], type: 2, family, call)
                + [
                    ArgumentRule(
                        reason: "needs a privilege that no sandbox has", name: call, error: permissionError,
                        conditions: [.equals(0, family), .equals(1, 3, under: 0xf)])
                ]
                + NumberBlock.outside([1, 2, 3], bits: 4).map { type in
                    ArgumentRule(
                        reason: "transports that would load a module", name: call, error: typeError,
                        conditions: [.equals(0, family), .equals(1, type.value, under: type.mask)])
                }
        }
    }

    /// Denies all other protocols of a type, MPTCP and UDP-Lite too. With EPROTONOSUPPORT programs use TCP and UDP. The
    /// kernel refuses protocols above 262 itself and loads no module for them.
    private static func known(
        _ protocols: [UInt64], type: UInt64, _ family: UInt64, _ call: String
    ) -> [ArgumentRule] {
        NumberBlock.outside(protocols, bits: 12).map { proto in
            ArgumentRule(
                reason: "transports that would load a module", name: call, error: protocolError,
                conditions: [
                    .equals(0, family), .equals(1, type, under: 0xf), .equals(2, proto.value, under: proto.mask),
                ])
        }
    }

    /// Denies unknown requests to sockets and interfaces (linux/sockios.h, 0x8900 to 0x89ff). Allowed are ownership,
    /// marks and times of packets, routes, and reading or setting a name, address, flag, metric, MTU, index, queue or
    /// link state. SIOCGIFVLAN, SIOCGIFBR and similar requests load a module for every caller (net/socket.c,
    /// `sock_ioctl`), and SIOCGSKNS opens a namespace.
    static let interfaces: [ArgumentRule] = {
        let known: [UInt64] =
            Array(0x01...0x07) + [0x0b, 0x0c] + Array(0x10...0x1e) + Array(0x21...0x27)
            + [0x29, 0x30, 0x33, 0x34, 0x35, 0x38, 0x42, 0x43, 0x46, 0x47, 0x48, 0x49, 0x4b] + [0x53, 0x54, 0x55, 0x70]
            + [0x71]
        return NumberBlock.outside(known, bits: 8).map { request in
            ArgumentRule(
                reason: "requests that would load a module", name: "ioctl", error: requestError,
                conditions: [.equals(1, 0x8900 | request.value, under: 0xffff_ff00 | request.mask)])
        }
    }()

    /// Denied socket options.
    static let socketOptions: [ArgumentRule] =
        // SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_CBPF and _EBPF. The machine code of filters comes from
        // one pool of the host and is charged to no cgroup (kernel/bpf/core.c, `bpf_jit_charge_modmem`).
        option("setsockopt", 1, [26, 50, 51, 52], "uses up the host's machine code for filters")
        // SO_PASSPIDFD and SO_PEERPIDFD (Linux 6.5) give a descriptor of the process at the other end, which may be the
        // server.
        + option("setsockopt", 1, [76], "descriptors of processes outside")
        + option("getsockopt", 1, [77], "descriptors of processes outside")
        // SO_COOKIE and SO_NETNS_COOKIE.
        + option("getsockopt", 1, [57, 71], "reads counters of the whole host")
        // SO_RCVBUF. Data in a netlink socket, and in any socket's queue of errors and time stamps, is charged to no
        // cgroup (net/netlink/af_netlink.c; net/core/skbuff.c, `sock_queue_err_skb`). This buffer limits the data of
        // each socket, so it stays at net.core.rmem_default, which is as fast on loopback. Programs do not rely on the
        // size: the kernel silently limits it to net.core.rmem_max.
        + [
            ArgumentRule(
                reason: "memory that no cgroup counts", name: "setsockopt", error: success,
                conditions: [.equals(1, 1), .equals(2, 8)])
        ]
        // TCP_ULP: TLS and other protocols in the kernel. Most recent faults of TCP were in this code (CVE-2023-0461).
        + option("setsockopt", 6, [31], "a large attack surface; programs have a fallback")
        // IPV6_FLOWLABEL_MGR: the host has one table with 4,096 entries (net/ipv6/ip6_flowlabel.c, FL_MAX_SIZE).
        + option("setsockopt", 41, [32], "uses up the host's flow labels")
        // Membership of multicast groups and source lists, for IPv4, IPv6 and both, and anycast. Their memory is
        // charged to nobody, 130 KiB for each socket (net.core.optmem_max), and the kernel walks the lists under a lock
        // of the whole host (rtnl_mutex; for IPv6 until Linux 6.17). On loopback the kernel itself returns ENODEV
        // unless the call names the interface.
        + option("setsockopt", 0, [35, 39, 41, 42, 46, 48], "memory that no cgroup counts", deviceError)
        + option("setsockopt", 41, [20, 27, 42, 46, 48], "memory that no cgroup counts", deviceError)

    private static func option(
        _ call: String, _ level: UInt64, _ options: [UInt64], _ reason: String, _ error: UInt16 = optionError
    ) -> [ArgumentRule] {
        options.map { option in
            ArgumentRule(
                reason: reason, name: call, error: error, conditions: [.equals(1, level), .equals(2, option)])
        }
    }
}
