// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
console.log('%s %d %i %f %j %o %O %c %%', 's', 1.5, 1.5, '2.5', { a: 1 }, [1], { b: { c: {} } }, 'css');
console.error('to stderr'); console.warn('warned'); console.info('info'); console.debug('debug');
console.table([{ a: 1, b: 'x' }, { a: 2 }]); console.group('group'); console.dir({ deep: { er: { than: { two: 1 } } } });
console.groupEnd(); console.assert(false, 'asserted %s', 1); console.count(); console.count('x'); console.countReset();
console.trace('here'); console.timeEnd('never started');
console.log(Object.keys(console).join(), console._stdout === process.stdout);
