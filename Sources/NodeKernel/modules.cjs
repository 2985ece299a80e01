// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

// Makes `import` work in code that the inspector evaluates, which has no modules of its own.
'use strict';

const KEYWORDS_BEFORE_PATTERN = new Set([
    'return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'else', 'do', 'await', 'yield',
]);
const IMPORT =
    /^import\s*(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)\s*|\{([^}]*)\}\s*)?(?:from\s*)?(?:'([^']*)'|"([^"]*)")/;

/// Returns the code with `name` in place of `import` in dynamic imports, and with each import declaration as a dynamic
/// import. The code keeps its lines.
exports.withoutImports = function withoutImports(code, name) {
    if (!code.includes('import')) return code;
    let result = '';
    let last = '';
    let word = '';
    const braces = [];
    for (let at = 0; at < code.length;) {
        const end = tokenEnd(code, at, last, word, braces);
        const token = code.slice(at, end);
        if (token === 'import' && last !== '.') {
            const [text, length] = replaced(code.slice(at), name, last);
            result += text;
            at += length;
            [last, word] = ['x', ''];
            continue;
        }
        result += token;
        at = end;
        if (token.trim() === '' || token.startsWith('//') || token.startsWith('/*')) continue;
        last = token[token.length - 1];
        word = /^[\w$]/.test(token) ? token : '';
    }
    return result;
};

function replaced(rest, name, last) {
    if (/^import\s*\(/.test(rest)) return [name, 'import'.length];
    const found = IMPORT.exec(rest);
    if (!found || !['', ';', '}', ')', 'x', '"', '\'', '`', ']'].includes(last) && !/[\w$]/.test(last)) {
        return ['import', 'import'.length];
    }
    const [whole, main, namespace, names, single, double] = found;
    const parts = [];
    if (main) parts.push(`default: ${main}`);
    if (names !== undefined) {
        for (const part of names.split(',').map((text) => text.trim()).filter(Boolean)) {
            const [from, to] = part.split(/\s+as\s+/);
            parts.push(to ? `${from}: ${to}` : from);
        }
    }
    const call = `await ${name}(${JSON.stringify(single ?? double)})`;
    const lines = '\n'.repeat((whole.match(/\n/g) ?? []).length);
    let text = call;
    if (namespace) text = `const ${namespace} = ${call}${main ? `, {${parts}} = ${namespace}` : ''}`;
    else if (parts.length) text = `const {${parts}} = ${call}`;
    return [text + lines, whole.length];
}

function tokenEnd(code, at, last, word, braces) {
    const character = code[at];
    if (/\s/.test(character)) return at + 1;
    if (/[\w$]/.test(character)) {
        let end = at + 1;
        while (end < code.length && /[\w$]/.test(code[end])) end += 1;
        return end;
    }
    if (character === '"' || character === '\'') return stringEnd(code, at + 1, character);
    if (character === '`') return templateEnd(code, at + 1, braces);
    if (character === '{') braces.push('{');
    if (character === '}' && braces.pop() === '`') return templateEnd(code, at + 1, braces);
    if (character !== '/') return at + 1;
    if (code[at + 1] === '/') return lineEnd(code, at);
    if (code[at + 1] === '*') return commentEnd(code, at + 2);
    const isDivision = KEYWORDS_BEFORE_PATTERN.has(word) ? false : /[\w$)\]}"'`]/.test(last);
    return isDivision ? at + 1 : patternEnd(code, at + 1);
}

function lineEnd(code, at) {
    const end = code.indexOf('\n', at);
    return end < 0 ? code.length : end;
}

function commentEnd(code, start) {
    const end = code.indexOf('*/', start);
    return end < 0 ? code.length : end + 2;
}

function stringEnd(code, start, quote) {
    for (let at = start; at < code.length; at += 1) {
        if (code[at] === '\\') at += 1;
        else if (code[at] === quote || code[at] === '\n') return at + 1;
    }
    return code.length;
}

function templateEnd(code, start, braces) {
    for (let at = start; at < code.length; at += 1) {
        if (code[at] === '\\') at += 1;
        else if (code[at] === '`') return at + 1;
        else if (code[at] === '$' && code[at + 1] === '{') {
            braces.push('`');
            return at + 2;
        }
    }
    return code.length;
}

function patternEnd(code, start) {
    let isInClass = false;
    for (let at = start; at < code.length && code[at] !== '\n'; at += 1) {
        if (code[at] === '\\') at += 1;
        else if (code[at] === '[') isInClass = true;
        else if (code[at] === ']') isInClass = false;
        else if (code[at] === '/' && !isInClass) return at + 1;
    }
    return start;
}
