// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const { AsyncResource, executionAsyncId } = require('async_hooks');
console.log(executionAsyncId(), new AsyncResource('x').asyncId());
