// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird

/// What Hummingbird carries along with a request; everything of ours is in `Call`.
struct APIContext: InitializableFromSource {
    init(source: ApplicationRequestContextSource) {}
}
