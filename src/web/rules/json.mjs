// json.mjs - JSON as docs/format.md admits it, read as values: escapes, white space and the order of members make no
// difference.  JSON.parse would take the last of two equal names, and round numbers, without a word.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { demand } from './fault.mjs';

const MAX_JSON_LEVELS = 32;
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

// Does the number denote an integer, however it is written, as 1.0 and 10e-1 do?
function isWhole(text) {
  const [, whole, fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text);
  const digits = whole + fraction;
  const zeros = digits.length - digits.replace(/0+$/, '').length;
  return zeros === digits.length || zeros + Number(exponent) >= fraction.length;
}

function scalar(text) {
  if (!/^[-0-9]/.test(text)) return { true: true, false: false, null: null }[text];
  demand(isWhole(text) && Number.isSafeInteger(Number(text)), 'JSON_NUMBER', `${text.slice(0, 40)} is not an integer between -(2^53-1) and 2^53-1`);
  // -0 is 0.
  return Number(text) + 0;
}

export function readJson(text) {
  let at = 0;
  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const syntax = (what) => demand(false, 'JSON_SYNTAX', `${what} is missing at character ${at}`);
  const takeSign = (sign) => {
    take(SPACE);
    if (text[at] !== sign) return false;
    at++;
    take(SPACE);
    return true;
  };
  const string = () => {
    const value = JSON.parse(take(STRING) ?? syntax('a string'));
    demand(!/[\0\ud800-\udfff]/u.test(value), 'JSON_TEXT', `a string before character ${at} has NUL or a lone surrogate`);
    return value;
  };
  // What stands between the brackets, one after the other.
  const list = (close, item) => {
    if (takeSign(close)) return;
    do item(); while (takeSign(','));
    if (!takeSign(close)) syntax(`"," or "${close}"`);
  };
  const value = (level) => {
    take(SPACE);
    if (text[at] === '"') return string();
    const isList = text[at] === '[';
    if (!isList && text[at] !== '{') return scalar(take(SCALAR) ?? syntax('a value'));
    demand(level < MAX_JSON_LEVELS, 'JSON_DEPTH', `the JSON nests deeper than ${MAX_JSON_LEVELS} levels`);
    at++;
    // Without a prototype, so that "__proto__" is a name as any other.
    const result = isList ? [] : Object.create(null);
    if (isList) list(']', () => result.push(value(level + 1)));
    else {
      list('}', () => {
        take(SPACE);
        const name = string();
        demand(!(name in result), 'JSON_SYNTAX', `the name ${JSON.stringify(name)} is there twice in an object`);
        if (!takeSign(':')) syntax('":"');
        result[name] = value(level + 1);
      });
    }
    return result;
  };
  const result = value(0);
  take(SPACE);
  demand(at === text.length, 'JSON_SYNTAX', `there is something after the value, at character ${at}`);
  return result;
}
