// read_json.mjs - JSON as whichever library wrote it, read as docs/format.md has it, and nothing else.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// JSON.parse takes the last of two members of a name and rounds numbers; whoever verifies must not.

const TOKEN = /[\t\n\r ]*([{}[\],:]|"(?:[^"\\]|\\.)*"|[^\t\n\r ,:\]}[{"]+)/gy;

// Is this number of RFC 8259 an integer, whatever its point and exponent?  Its size JSON.parse has right then.
function isInteger(text) {
  const [, whole, fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  const digits = (whole + fraction).replace(/0+$/, '');
  if (/^0*$/.test(digits)) return true;
  return Number(exponent) - fraction.length + (whole + fraction).length - digits.length >= 0;
}

// The names of an object's members are read where a name can stand: after { and after a comma of an object.
function checkTokens(text) {
  const open = [];
  let last = '';
  for (const [, token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : null);
    else if (token === '}' || token === ']') open.pop();
    else if (token[0] === '"' && open.at(-1) && (last === '{' || last === ',')) {
      const name = JSON.parse(token);
      if (open.at(-1).has(name)) throw new Error(`the member ${JSON.stringify(name)} twice`);
      open.at(-1).add(name);
    } else if (/^[-\d]/.test(token) && !(isInteger(token) && Number.isSafeInteger(Number(token)))) {
      throw new Error(`${token} is not an integer`);
    }
    last = token;
  }
}

export function readJson(text) {
  const value = JSON.parse(text);
  checkTokens(text);
  return value;
}
