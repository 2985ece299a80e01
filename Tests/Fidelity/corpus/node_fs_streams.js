// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const fs = require('fs');
const { pipeline } = require('stream/promises');
const zlib = require('zlib');
(async () => {
    await pipeline(fs.createReadStream(__filename), zlib.createGzip(), fs.createWriteStream('/tmp/x.gz'));
    await pipeline(fs.createReadStream('/tmp/x.gz'), zlib.createGunzip(), process.stdout, { end: false });
    console.log((await fs.promises.readFile('/tmp/x.gz')).length > 0, await fs.promises.stat('/nope').catch((error) => error));
})();
