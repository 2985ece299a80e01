// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
console.log(Object.getOwnPropertyNames(process), process._preload_modules, process._exiting, process._maxListeners);
console.log(Object.getOwnPropertyDescriptors(process).mainModule.value === module, Object.getOwnPropertySymbols(process).length);
