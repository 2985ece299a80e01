// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// A certificate of its own for `hooks.example`, from 2020 to 2120, and its key, which is worth nothing.
enum TestCertificate {
    private static let pem = """
        -----BEGIN CERTIFICATE-----
        MIIBbTCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1ob29rcy5l
        eGFtcGxlMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
        VQQDDA1ob29rcy5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVGRG
        IYAQnNhRuIKLjwERBtissK2UEj8sS7WUflrQPSvfOOtDk1IHP9xVXIVwzw0UEgT/
        RX07knNtA1BMqqDDcKNMMEowGAYDVR0RBBEwD4INaG9va3MuZXhhbXBsZTAPBgNV
        HRMBAf8EBTADAQH/MB0GA1UdDgQWBBT3dhCc9NFEN25mqQsVVn6GUe3sITAKBggq
        hkjOPQQDAgNIADBFAiEA/Ob+KqGZZHvCVDG9Jf8OnlpSrR16fSLyEySsqWim4tgC
        ICkdPWlAh7yrwOJUiD/fMle08kgoY5c50OR/943GKPW/
        -----END CERTIFICATE-----
        """
    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwqKSw6jzpXf2YSNh
        lM3bQmnK4F4NCvm/eOm24OxM7OGhRANCAARUZEYhgBCc2FG4gouPAREG2KywrZQS
        PyxLtZR+WtA9K98460OTUgc/3FVchXDPDRQSBP9FfTuSc20DUEyqoMNw
        -----END PRIVATE KEY-----
        """

    static func certificate() throws -> NIOSSLCertificate {
        try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem)
    }

    static func server() throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(try certificate())],
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))))
    }
}
