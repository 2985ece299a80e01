// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
import { nothing } from 'node:fs';
console.log(nothing);
