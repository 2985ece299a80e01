// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOCore

/// What Hummingbird carries along with a request; everything of ours is in `Call`.
struct APIContext: InitializableFromSource {
    /// The connection that the request came over.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) { channel = source.channel }
}
