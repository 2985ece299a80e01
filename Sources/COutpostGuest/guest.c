// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#include "outpost_guest.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#if __has_embed("../../.build-guest/outpost-init")
static const unsigned char outpost_guest_image[] = {
#embed "../../.build-guest/outpost-init"
};
const size_t outpost_guest_image_size = sizeof outpost_guest_image;
#else
static const unsigned char outpost_guest_image[1] = {0};
const size_t outpost_guest_image_size = 0;
#endif

const void *outpost_guest_image_start(void) { return outpost_guest_image; }
