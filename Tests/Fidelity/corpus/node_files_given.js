// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"files": [{"path": "a/b/c.json", "content": "{\"x\": 1}"}, {"path": "a/lib.js", "content": "module.exports = [__filename, require('./b/c.json'), module.parent.filename, require.main === module.parent]"}, {"path": "node_modules/dep/package.json", "content": "{\"name\": \"dep\", \"main\": \"m.js\"}"}, {"path": "node_modules/dep/m.js", "content": "module.exports = 'dep ' + module.id"}]}
const fs = require('fs');
console.log(require('./a/lib.js'), require('dep'), require.resolve('dep'), Object.keys(require.cache));
console.log(fs.readdirSync('.'), fs.readdirSync('/tmp'), fs.statSync('a/b/c.json').mode.toString(8), fs.statSync('a').mode.toString(8));
