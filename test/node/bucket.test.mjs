// bucket.test.mjs - qfs-bridge publish and an S3-compatible bucket: each request is signed as aws4, which is not ours, signs it.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// Needs a server: PGHOST and QFS_DATABASE name a database with a ledger; and qfs-bridge, which make bridge has made.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import aws4 from 'aws4';
import { fromHex, hexOf, value } from './psql.mjs';

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const REGION = 'eu-central-1';
const PROGRAM = new URL('../../qfs-bridge', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'qfs-bucket-'));

// ---- a bucket ----

const objects = new Map();
const seen = [];
let answer = null; // status instead of what is right

const sha256 = (bytes, encoding) => createHash('sha256').update(bytes).digest(encoding);

// What the request's headers would have to say if aws4 had signed it.
function signedByOthers(request, body) {
  const names = /SignedHeaders=([^,]*)/.exec(request.headers.authorization)?.[1].split(';') ?? [];
  const headers = Object.fromEntries(names.map((name) => [name, request.headers[name]]));
  const signed = aws4.sign({
    service: 's3', region: REGION, method: request.method, path: request.url, host: request.headers.host, body: body.length > 0 ? body : '',
    headers, extraHeadersToInclude: Object.fromEntries(names.map((name) => [name, true])),
    // aws4 adds it, where it is not given.
    extraHeadersToIgnore: names.includes('content-length') ? {} : { 'content-length': true },
  }, KEY);
  return signed.headers.Authorization;
}

// The parts of an Authorization header, whatever stands between them.
const parts = (header) => Object.fromEntries([...(header ?? '').matchAll(/(Credential|SignedHeaders|Signature)=([^,\s]+)/g)].map((m) => [m[1], m[2]]));

function judge(request, body) {
  if (answer) return [answer, '<Error/>'];
  const mine = parts(request.headers.authorization);
  if (!mine.Signature || JSON.stringify(mine) !== JSON.stringify(parts(signedByOthers(request, body)))) return [403, '<Code>SignatureDoesNotMatch</Code>'];
  if (request.headers['x-amz-content-sha256'] !== sha256(body, 'hex')) return [400, '<Code>XAmzContentSHA256Mismatch</Code>'];
  if (request.method === 'GET') return objects.has(request.url) ? [200, objects.get(request.url).body] : [404, ''];
  if (request.method !== 'PUT') return [405, ''];
  if (request.headers['x-amz-checksum-sha256'] !== sha256(body, 'base64')) return [400, '<Code>BadDigest</Code>'];
  if (request.headers['if-none-match'] === '*' && objects.has(request.url)) return [412, '<Code>PreconditionFailed</Code>'];
  objects.set(request.url, { body, headers: request.headers });
  return [200, ''];
}

const server = createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const [status, text] = judge(request, Buffer.concat(pieces));
    seen.push({ method: request.method, url: request.url, status });
    response.writeHead(status).end(text);
  });
});
const origin = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)));

// ---- the program ----

let configs = 0;
function publish(lines, secret = KEY.secretAccessKey) {
  const config = join(work, `config${configs += 1}`);
  const key = join(work, `key${configs}`);
  writeFileSync(key, `${KEY.accessKeyId}:${secret}\n`, { mode: 0o600 });
  writeFileSync(config, ['every_seconds = 0', `database = dbname=${process.env.QFS_DATABASE}`, `bucket_region = ${REGION}`,
    `bucket_key_file = ${key}`, ...lines, ''].join('\n'));
  seen.length = 0;
  return new Promise((resolve) => {
    const child = spawn(PROGRAM, ['publish', '--config', config]);
    let log = '';
    child.stderr.on('data', (text) => { log += text; });
    child.on('close', (code) => resolve({ code, log }));
  });
}

const keptIn = (url) => value(`SELECT size FROM qfs.kept_checkpoint WHERE place = 'bucket ${url}'`);
let size;
let name;

before(async () => {
  size = value('SELECT size FROM qfs.head()');
  name = `${size.padStart(20, '0')}.checkpoint`;
});
after(() => { server.close(); rmSync(work, { recursive: true }); });

test('an object, signed and with a checksum', async () => {
  const url = `${origin}/checkpoints/some%20ledger`;
  const { code, log } = await publish([`bucket = ${url}`]);
  assert.equal(code, 0, log);
  assert.deepEqual(seen, [{ method: 'PUT', url: `/checkpoints/some%20ledger/${name}`, status: 200 }]);
  const object = objects.get(seen[0].url);
  assert.equal(object.body.toString(), fromHex(value(`SELECT ${hexOf('qfs.checkpoint()')}`)).toString());
  assert.equal(object.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(object.headers['x-amz-object-lock-mode'], undefined);
  assert.equal(keptIn(url), size);
});

test('object lock', async () => {
  const { code, log } = await publish([`bucket = ${origin}/locked`, 'bucket_lock_mode = COMPLIANCE', 'bucket_retain_days = 30']);
  assert.equal(code, 0, log);
  const { headers } = objects.get(`/locked/${name}`);
  assert.equal(headers['x-amz-object-lock-mode'], 'COMPLIANCE');
  const days = (Date.parse(headers['x-amz-object-lock-retain-until-date']) - Date.now()) / 86_400_000;
  assert.ok(days > 29.99 && days <= 30, `${days} days`);
});

test('what is there already', async () => {
  const { body } = objects.get(`/locked/${name}`);
  const put = (prefix, bytes) => objects.set(`/${prefix}/${name}`, { body: bytes });
  put('same', Buffer.concat([body, Buffer.from('\u2014 somebody AAAA\n')]));
  const same = await publish([`bucket = ${origin}/same`]);
  assert.equal(same.code, 0, same.log);
  assert.deepEqual(seen.map((s) => `${s.method} ${s.status}`), ['PUT 412', 'GET 200']);
  assert.equal(keptIn(`${origin}/same`), size);
  put('other', Buffer.from(body.toString().replace(/^(\d+\n)./m, '$1#')));
  const other = await publish([`bucket = ${origin}/other`]);
  assert.equal(other.code, 1);
  assert.match(other.log, /another checkpoint of this size is there/);
  assert.match(objects.get(`/other/${name}`).body.toString(), /#/);
  assert.equal(keptIn(`${origin}/other`), '');
});

test('refused', async () => {
  const wrong = await publish([`bucket = ${origin}/wrong`], 'another secret');
  assert.equal(wrong.code, 1);
  assert.match(wrong.log, /error="the object cannot be put: HTTP 403" detail="<Code>SignatureDoesNotMatch/);
  assert.doesNotMatch(wrong.log, /another secret/);
  for (const status of [301, 409, 500, 503]) {
    answer = status;
    const { code, log } = await publish([`bucket = ${origin}/refused`]);
    assert.equal(code, 1);
    assert.match(log, new RegExp(`HTTP ${status}`));
  }
  answer = null;
  const away = await publish(['bucket = http://127.0.0.1:1/x']);
  assert.equal(away.code, 1);
  assert.match(away.log, /event=http_failed.*\n.*event=place_failed/);
  assert.equal(keptIn(`${origin}/refused`) + keptIn(`${origin}/wrong`), '');
});

// The receiver itself: does it see a signature that is wrong?
test('the receiver bites', async () => {
  const request = aws4.sign({ service: 's3', region: REGION, method: 'PUT', path: '/bites/x', host: new URL(origin).host, body: 'x',
    headers: { 'x-amz-content-sha256': sha256('x', 'hex'), 'x-amz-checksum-sha256': sha256('x', 'base64') } }, KEY);
  const send = async (headers, body = 'x') => (await fetch(`${origin}/bites/x`, { method: 'PUT', body, headers })).status;
  const { Host, 'Content-Length': length, ...headers } = request.headers;
  assert.equal(await send(headers), 200);
  assert.equal(await send({ ...headers, 'X-Amz-Date': headers['X-Amz-Date'].replace(/.$/, 'A') }), 403);
  assert.equal(await send({ ...headers, Authorization: headers.Authorization.replace(/.$/, (c) => (c === '0' ? '1' : '0')) }), 403);
  assert.equal(await send(headers, 'y'), 400);
  assert.equal(await send({}), 403);
});
