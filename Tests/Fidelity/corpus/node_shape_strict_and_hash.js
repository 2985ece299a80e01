#!/usr/bin/env node
// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
'use strict';
console.log(this === module.exports);
undeclared = 1;
