// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
try { require('./missing'); } catch (error) { console.log(error.stack, error.requireStack); }
require('not-there-at-all');
