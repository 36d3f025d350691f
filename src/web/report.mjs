// report.mjs - errors of the page itself, to the ledger's server if its policy wants them: of which kind and where, and no text.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { read, write } from './api.mjs';
import { sha256, toHex, utf8 } from './bytes.mjs';

// The script of the page; the shell takes the place of the element.  What line of the document this is tells at which one it begins.
const SCRIPT = document.querySelector('script[type=module]').textContent;
const HERE = new Error('here');

// Those that the server takes, as it takes codes; every other one is an Error.
const CLASSES = ['AggregateError', 'DOMException', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];
const MAX_REPORTS = 5;
const VERSION_BYTES = 8;

// {line, column, module} where the stack first passes through the page, from 1; undefined for what others put into the browser.
// module: of what was fetched later, which has lines of its own.
function placeOf(error) {
  const passes = [...String(error?.stack ?? '').matchAll(/(https?:\/\/[^\s()]+?|qfs:[a-z0-9_/]+):(\d+):(\d+)/g)];
  const isPage = ([, url]) => url.startsWith('qfs:') || url.split(/[?#]/)[0] === location.origin + location.pathname;
  const [, url, line, column] = passes.find(isPage) ?? [];
  return url === undefined ? undefined : { line: Number(line), column: Number(column), module: url.split('qfs:')[1] };
}

// The module there; scripts/build-page begins each with its name.
function moduleAt({ line, column, module }) {
  if (module) return module;
  const before = SCRIPT.slice(0, SCRIPT.indexOf('new Error(\'here\')')).split('\n').length;
  const lines = SCRIPT.split('\n');
  const row = line - (placeOf(HERE)?.line ?? line) + before - 1;
  if (!(row in lines)) return 'unknown';
  const at = lines.slice(0, row).join('\n').length + column;
  const names = [...SCRIPT.matchAll(/'([a-z0-9_/]+)\.mjs';/g)].filter(({ index }) => index <= at);
  return names.at(-1)?.[1] ?? 'unknown';
}

function kindOf({ code, constructor: { name } }) {
  if (typeof code === 'string' && /^[A-Z]/.test(code)) return `QFS_${code.replace(/^QFS_/, '')}`;
  return CLASSES.includes(name) ? name : 'Error';
}

// What the server said is in its log already; what has a hint is told to whoever can do something about it, unless it has a code,
// too: then something did not verify.
const isOwn = (error) => error instanceof Error && error.status === undefined && (error.hint === undefined || error.code !== undefined);

const said = new Set();
let left = MAX_REPORTS;
let isWanted;

async function tell(error) {
  const place = placeOf(error);
  if (left === 0 || !isOwn(error) || !place) return;
  const what = { class: kindOf(error), module: moduleAt(place), line: place.line };
  const key = Object.values(what).join(' ');
  if (said.has(key)) return;
  said.add(key);
  left--;
  isWanted ??= read('policy').then(({ policy }) => policy.page_errors === 'on');
  if (await isWanted) await write('page_error', { ...what, page: toHex((await sha256(utf8(SCRIPT))).subarray(0, VERSION_BYTES)) });
}

// Tells of an error, unless it is none of the page's, was told, or is not wanted.  An error in here is not told, and ends it.
export const report = (error) => tell(error).catch(() => { left = 0; });

// Errors that nobody catches.
export function reportUncaught() {
  window.addEventListener('error', ({ error }) => report(error));
  window.addEventListener('unhandledrejection', ({ reason }) => report(reason));
}
