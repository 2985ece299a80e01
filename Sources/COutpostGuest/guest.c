// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

#include "outpost_guest.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#if __has_embed("../../.build-guest/outpost-init")
static const unsigned char outpost_guest_image[] = {
#embed "../../.build-guest/outpost-init"
};
static const unsigned char outpost_python_fork[] = {
#embed "../../.build-guest/python-fork.so"
};
const size_t outpost_guest_image_size = sizeof outpost_guest_image;
const size_t outpost_python_fork_size = sizeof outpost_python_fork;
#else
static const unsigned char outpost_guest_image[1] = {0};
static const unsigned char outpost_python_fork[1] = {0};
const size_t outpost_guest_image_size = 0;
const size_t outpost_python_fork_size = 0;
#endif

static const unsigned char outpost_python_starter[] = {
#embed "../PythonStarter/_outpost_starter.py"
};
const size_t outpost_python_starter_size = sizeof outpost_python_starter;

static const unsigned char outpost_node_starter[] = {
#embed "../NodeStarter/starter.cjs"
};
const size_t outpost_node_starter_size = sizeof outpost_node_starter;

static const unsigned char outpost_node_warming[] = {
#embed "../NodeStarter/warming.cjs"
};
const size_t outpost_node_warming_size = sizeof outpost_node_warming;

const void *outpost_guest_image_start(void) { return outpost_guest_image; }
const void *outpost_python_fork_start(void) { return outpost_python_fork; }
const void *outpost_python_starter_start(void) { return outpost_python_starter; }
const void *outpost_node_starter_start(void) { return outpost_node_starter; }
const void *outpost_node_warming_start(void) { return outpost_node_warming; }
