# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The cases of the catalogue that attack what this version does not have. Who adds the thing writes its case."""

from hostile.case import absent

NO_IMAGES = "no images: all sandboxes have the host's /usr as a layer"
NO_EGRESS = "sandboxes have only loopback, so there is no list of allowed hosts"
NO_SECRETS = ("the server keeps no secrets for programs; its tokens are kept as hashes, and are attacked in A08 and A09, and what "
              "signs callbacks is for its namespace to read")

absent("F10", "a hostile zip archive as an upload", "the calls on archives take tar only")
absent("F11", "write through a link in a lower layer of an image", NO_IMAGES)
absent("F12", "hostile whiteouts in a layer of an image", NO_IMAGES)
absent("F13", "a layer that replaces a link with a file, which must work", NO_IMAGES)
absent("F14", "a hostile configuration of an image", NO_IMAGES)
absent("F15", "an image whose /dev, /proc, /sys or /tmp lead out of it", NO_IMAGES)
absent("F16", "an image whose /dev/null is a link, so that masks cover something else", NO_IMAGES)
absent("N07", "change the address of an allowed name (DNS rebinding)", NO_EGRESS)
absent("N08", "get past the list of allowed hosts by SNI, by address, by a proxy", NO_EGRESS)
absent("N09", "a tunnel through an allowed resolver", NO_EGRESS)
absent("N13", "reach another sandbox's port through the proxy", "no port of a sandbox can be reached from outside")
absent("N19", "keep a connection after the permission was taken back", NO_EGRESS)
absent("A25", "read back a secret", NO_SECRETS)
