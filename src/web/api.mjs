// api.mjs - the functions of qfs_api over HTTP.
//
// SPDX-License-Identifier: AGPL-3.0-only

// PostgREST serves the page at …/rpc/app; the site of docs/nginx.conf at /, and PostgREST at /rest/.
const APP = 'rpc/app';
export const BASE = location.pathname.endsWith(`/${APP}`) ? location.pathname.slice(0, -APP.length) : '/rest/';

// What went wrong, in words for people; code is the stable one of docs/errors.md, or empty.
export class ApiError extends Error {
  constructor(status, { message, details, hint } = {}) {
    super(message ?? 'the ledger sent an answer that this page does not understand');
    this.status = status;
    this.code = /^(QFS_\w+)/.exec(details ?? '')?.[1] ?? '';
    this.detail = (details ?? '').replace(/^QFS_\w+:?\s*/, '');
    this.hint = hint ?? '';
  }
}

const BYTES = 'application/octet-stream';
const SCRIPT = 'text/javascript';
const AWAY = { message: 'the ledger cannot be reached', hint: 'Check the connection, then try again.' };

async function request(path, { token, accept = 'application/json', body, cache = 'no-store' }) {
  const headers = { Accept: accept };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(BASE + path, { method: body === undefined ? 'GET' : 'POST', headers, cache, credentials: 'omit',
    body: body === undefined ? undefined : JSON.stringify(body) }).catch(() => { throw new ApiError(0, AWAY); });
  if (answer.ok && accept === BYTES) return new Uint8Array(await answer.arrayBuffer().catch(() => { throw new ApiError(0, AWAY); }));
  const text = await answer.text().catch(() => { throw new ApiError(0, AWAY); });
  if (!answer.ok) throw new ApiError(answer.status, parse(text) ?? (answer.status >= 502 ? AWAY : {}));
  return accept.startsWith('text/') ? text : parse(text);
}

function parse(text) {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const query = (params) => {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
};

// The ways to ask: read a function, read it as text or as bytes, change something.
export const read = (name, params = {}, token = undefined) => request(`rpc/${name}${query(params)}`, { token });
export const readText = (name, params = {}, token = undefined) => request(`rpc/${name}${query(params)}`, { token, accept: 'text/plain' });
export const readBytes = (name, params = {}) => request(`rpc/${name}${query(params)}`, { accept: BYTES });
// A module of the page itself, which its hash names, so that what was read once is good for ever.
export const readModule = (sha256) => request(`rpc/page_module${query({ sha256 })}`, { accept: SCRIPT, cache: 'default' });
export const write = (name, body = {}, token = undefined) => request(`rpc/${name}`, { token, body });

// Rows of the view `ledger`; params are filters of PostgREST's, lists where a column has several.
export const ledgerRows = (params, token = undefined) => request(`ledger?${new URLSearchParams(params)}`, { token });
