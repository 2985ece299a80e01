// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"files": [{"path": "lib/a.js", "content": "module.exports = __filename;"}, {"path": "node_modules/b/index.js", "content": "module.exports = __filename;"}, {"path": "package.json", "content": "{\"name\": \"own\", \"exports\": {\"./x\": \"./lib/a.js\"}, \"imports\": {\"#y\": \"./lib/a.js\"}}"}]}
const fs = require('fs');
const path = require('path');
console.log(require('./lib/a.js'), require('b'), require('own/x'), require('#y'), module.paths, module.filename);
console.log(require('./lib/a.js') === require(path.resolve('lib/a.js')), Object.keys(require.cache));
console.log(process.cwd(), fs.readdirSync('.'), fs.readdirSync(__dirname).sort(), fs.statSync(__dirname).mode.toString(8));
for (const name of [__filename, path.join(__dirname, 'new')]) {
    try { fs.writeFileSync(name, ''); } catch (error) { console.log(error.message); }
}
