// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
function deep() { return deep() + 1; }
try { deep(); } catch (error) { console.log(error instanceof RangeError, error.message); }
deep();
