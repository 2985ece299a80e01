// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const http = require('http');
const server = http.createServer((request, response) => response.end(`${request.method} ${request.url}`));
server.listen(0, '127.0.0.1', async () => {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/x?y=1`, { method: 'POST', body: 'z' });
    console.log(answer.status, await answer.text());
    server.close(() => console.log('closed'));
    server.closeAllConnections();
});
