// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#include "outpost_guest.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define EMBEDDED(name) const struct outpost_embedded outpost_##name = {name, sizeof name}

#if __has_embed("../../.build-guest/outpost-init")
static const unsigned char guest_image[] = {
#embed "../../.build-guest/outpost-init"
}; EMBEDDED(guest_image);
static const unsigned char python_fork[] = {
#embed "../../.build-guest/python-fork.so"
}; EMBEDDED(python_fork);
static const unsigned char node_addon[] = {
#embed "../../.build-guest/node-addon.node"
}; EMBEDDED(node_addon);
static const unsigned char kernels[] = {
#embed "../../.build-guest/kernels"
}; EMBEDDED(kernels);
static const unsigned char dashboard[] = {
#embed "../../.build-guest/dashboard.tar"
}; EMBEDDED(dashboard);
#else
const struct outpost_embedded outpost_guest_image = {"", 0}, outpost_python_fork = {"", 0}, outpost_node_addon = {"", 0},
                              outpost_kernels = {"", 0}, outpost_dashboard = {"", 0};
#endif

static const unsigned char python_starter[] = {
#embed "../PythonStarter/_outpost_starter.py"
}; EMBEDDED(python_starter);
static const unsigned char node_starter[] = {
#embed "../NodeStarter/starter.cjs"
}; EMBEDDED(node_starter);
static const unsigned char node_warming[] = {
#embed "../NodeStarter/warming.cjs"
}; EMBEDDED(node_warming);
