// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#include "outpost_dashboard.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#if __has_embed("../../.build-guest/dashboard.tar")
static const unsigned char archive[] = {
#embed "../../.build-guest/dashboard.tar"
};
const struct outpost_dashboard outpost_dashboard = {archive, sizeof archive};
#else
const struct outpost_dashboard outpost_dashboard = {"", 0};
#endif
