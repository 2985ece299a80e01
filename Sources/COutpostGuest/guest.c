// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#include "outpost_guest.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define EMBEDDED(name) const struct outpost_embedded outpost_##name = {name, sizeof name}

#if __has_embed("../../.build-guest/outpost-init")
static const unsigned char guest_image[] = {
#embed "../../.build-guest/outpost-init"
};
EMBEDDED(guest_image);
static const unsigned char python_fork[] = {
#embed "../../.build-guest/python-fork.so"
};
EMBEDDED(python_fork);
static const unsigned char node_addon[] = {
#embed "../../.build-guest/node-addon.node"
};
EMBEDDED(node_addon);
#else
const struct outpost_embedded outpost_guest_image = {"", 0}, outpost_python_fork = {"", 0}, outpost_node_addon = {"", 0};
#endif

static const unsigned char python_starter[] = {
#embed "../PythonStarter/_outpost_starter.py"
};
EMBEDDED(python_starter);

static const unsigned char node_starter[] = {
#embed "../NodeStarter/starter.cjs"
};
EMBEDDED(node_starter);

static const unsigned char node_warming[] = {
#embed "../NodeStarter/warming.cjs"
};
EMBEDDED(node_warming);

// The kernels: programs that keep the state of a client's code between calls.
static const unsigned char python_kernel[] = {
#embed "../PythonKernel/kernel.py"
};
EMBEDDED(python_kernel);

static const unsigned char python_kernel_channel[] = {
#embed "../PythonKernel/_outpost_channel.py"
};
EMBEDDED(python_kernel_channel);

static const unsigned char python_kernel_results[] = {
#embed "../PythonKernel/_outpost_results.py"
};
EMBEDDED(python_kernel_results);

static const unsigned char python_kernel_plain[] = {
#embed "../PythonKernel/_outpost_plain.py"
};
EMBEDDED(python_kernel_plain);

static const unsigned char python_kernel_ipython[] = {
#embed "../PythonKernel/_outpost_ipython.py"
};
EMBEDDED(python_kernel_ipython);

static const unsigned char node_kernel[] = {
#embed "../NodeKernel/kernel.cjs"
};
EMBEDDED(node_kernel);

static const unsigned char node_kernel_modules[] = {
#embed "../NodeKernel/modules.cjs"
};
EMBEDDED(node_kernel_modules);

static const unsigned char node_kernel_streams[] = {
#embed "../NodeKernel/streams.cjs"
};
EMBEDDED(node_kernel_streams);

static const unsigned char node_kernel_start[] = {
#embed "../NodeKernel/start.sh"
};
EMBEDDED(node_kernel_start);
