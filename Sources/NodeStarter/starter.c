// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// The part in C of a warm Node.js interpreter: an addon that exports one function.
#include "outpost.h"

// The used part of Node-API, whose ABI is stable. It is declared here, because some packages of Node.js do not include the
// headers.
typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);

extern int napi_get_cb_info(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments,
                            napi_value *receiver, void **data);
extern int napi_get_buffer_info(napi_env env, napi_value buffer, void **data, size_t *size);
extern int napi_get_value_int32(napi_env env, napi_value number, int32_t *result);
extern int napi_create_function(napi_env env, const char *name, size_t length, napi_callback function, void *data,
                                napi_value *result);

// Runs the steps before the program. The arguments are the packed steps and the descriptor for a failure.
static napi_value prepare(napi_env env, napi_callback_info info) {
    napi_value arguments[2];
    void *steps = NULL;
    size_t count = 2, size = 0;
    int32_t answers = -1;
    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    napi_get_buffer_info(env, arguments[0], &steps, &size);
    napi_get_value_int32(env, arguments[1], &answers);
    outpost_prepare(steps, size, answers);
    return NULL;
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports);
napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    napi_create_function(env, "prepare", sizeof "prepare" - 1, prepare, NULL, &exports);
    return exports;
}
