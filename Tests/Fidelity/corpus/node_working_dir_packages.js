// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"files": [{"path": "package.json", "content": "{\"type\": \"module\", \"name\": \"self\", \"exports\": \"./x.js\"}"}, {"path": "x.js", "content": "export default 'x'"}]}
console.log(require('self'), require.resolve('self'));
import('./x.js').then(console.log);
