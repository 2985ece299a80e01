// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
console.log(module, require.main === module, module.parent, module.paths, module.children, module.loaded, module.id);
console.log(__filename, __dirname, Object.keys(require.cache), require.extensions, typeof require.main.require);
console.log(require('module')._pathCache, require('module').globalPaths, this === exports, arguments.length);
console.log(process.mainModule === module, require('module').prototype.require.main === module);
