// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const timer = setTimeout(() => {}, 1);
console.log(Number(timer), timer._idleTimeout, timer._repeat, Object.getOwnPropertySymbols(timer).length);
