// siwe_messages.mjs - sign-in messages: random ones, and spoilt ones.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { getAddress } from 'ethers';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const ALNUM = [...LETTERS, ...'0123456789'];
const STATEMENT = [...ALNUM, ..."-._~:/?#[]@!$&'()*+,;= "];
const PCHAR = [...ALNUM, ..."-._~!$&'()*+,;=:@", '%20', '%fF'];

const INVITATION = ' wants you to sign in with your Ethereum account:';

// Fields that every library accepts; times in milliseconds.
export function randomFields(random) {
  const maybe = (make) => (random.chance(50) ? make() : undefined);
  const host = `${random.string(ALNUM, 1 + random.below(20))}.${random.string(LETTERS, 2 + random.below(5))}`;
  const domain = random.pick([host, `${host}:${random.below(65536)}`, 'localhost:3000', '127.0.0.1']);
  const issuedAt = 1.6e12 + random.below(2 ** 32) * 100 + random.below(1000);
  const uri = () => `${random.pick(['https', 'a+b', 'ftp'])}://${domain}/${random.string(PCHAR, random.below(60))}`;
  return {
    scheme: maybe(() => random.pick(['https', 'http', 'a+b-c.1'])),
    domain,
    address: getAddress(`0x${random.bytes(20).toString('hex')}`),
    statement: maybe(() => random.string(STATEMENT, 1 + random.below(100))),
    uri: uri(),
    version: '1',
    chainId: random.pick([1, 10, 8453, random.below(2 ** 32)]),
    nonce: random.string(ALNUM, 8 + random.below(57)),
    issuedAt,
    expirationTime: maybe(() => issuedAt + 300000),
    notBefore: maybe(() => issuedAt - 1000),
    requestId: maybe(() => random.string(PCHAR, 1 + random.below(30))),
    resources: maybe(() => Array.from({ length: 1 + random.below(5) },
      () => random.pick([uri(), `urn:qfs:device:${random.string(ALNUM, 43)}`]))),
  };
}

// ---- lines ----

function linesOf(random) {
  const f = randomFields(random);
  const lines = [`${f.scheme === undefined ? '' : `${f.scheme}://`}${f.domain}${INVITATION}`, f.address, ''];
  if (f.statement !== undefined) lines.push(f.statement);
  lines.push('', `URI: ${f.uri}`, 'Version: 1', `Chain ID: ${f.chainId}`, `Nonce: ${f.nonce}`,
    `Issued At: ${random.time(f.issuedAt)}`);
  if (f.expirationTime !== undefined) lines.push(`Expiration Time: ${random.time(f.expirationTime)}`);
  if (f.notBefore !== undefined) lines.push(`Not Before: ${random.time(f.notBefore)}`);
  if (f.requestId !== undefined) lines.push(`Request ID: ${f.requestId}`);
  if (f.resources !== undefined) lines.push('Resources:', ...f.resources.map((uri) => `- ${uri}`));
  return lines;
}

const DOMAINS = ['', ':80', 'user@example.com', '@example.com', 'a:b@example.com', 'example.com:', 'example.com:1:2',
  'example.com/', 'ex ample.com', 'exämple.com', '1.2.3.4', '1.2.3.256', '01.2.3.4', '[::]', '[::1]', '[::1]:80',
  '[1:2:3:4:5:6:7:8]', '[1:2:3:4:5:6:7:8:9]', '[1::3::5]', '[::ffff:1.2.3.4]', '[::1.2.3.04]', '[::1..3.4]',
  '[1:2:3:4:5:6:1.2.3.4]', '[1:2:3:4:5:6:7::]', '[1:2:3:4:5:6:7:8::]', '[:::]', '[12345::]', '[v1.a]', '[v1.]',
  '[V1.a:b]', '[::1', '::1', '%41.com', '%4.com', 'a_b~c', "!$&'()*+,;=", 'http://', 'http://example.com',
  'http://user@example.com', '1http://example.com', 'a://b://c', '-.-', '.'];

const URIS = ['', 'a', 'a:', 'A:', '1:', 'a:b', 'a://', 'a:///', 'a:////', 'a:/b', 'a:b//c', 'a:?', 'a:#', 'a:?#', 'a:##',
  'a:#?', 'a:?b?c', 'a:[b]', 'a:%', 'a:%2', 'a:%zz', 'a:%00', 'a://u@h', 'a://u@v@h', 'a://h:x', 'a://h:1x', 'a://[::1]',
  'a://[::1]x', 'a://[::1.2.3.4]/', 'a://[::1.2.3.400]', 'a://[::01.2.3.4]', 'a://[g::]', 'a://1.2.3.4.5', 'a://h?x#y',
  'a://h?x y', 'a:b c', 'a:<b>', 'a:"', 'a:\\', 'a:^', 'a:`', 'a:{}', 'a:|', 'a:é', ' a:b', 'a:b ', 'mailto:a@b', 'urn:a:b:c',
  `a:${'b'.repeat(2047)}`, 'a+b-c.d:e', 'a_b:c', '//a/b', '/a', '?a'];

const TIMES = ['2021-09-30T16:25:24Z', '2021-09-30t16:25:24z', '2021-09-30T16:25:24', '2021-09-30 16:25:24Z', '2021-09-31T16:25:24Z',
  '2021-02-29T00:00:00Z', '2020-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2000-02-29T00:00:00Z', '2021-00-01T00:00:00Z',
  '2021-13-01T00:00:00Z', '2021-01-00T00:00:00Z', '2021-01-32T00:00:00Z', '2021-01-01T24:00:00Z', '2021-01-01T23:60:00Z',
  '2016-12-31T23:59:60Z', '2017-01-01T08:59:60.5+09:00', '2021-01-01T00:00:60Z', '2021-01-01T23:59:61Z',
  '2021-01-01T00:00:00.Z', '2021-01-01T00:00:00.1Z', '2021-01-01T00:00:00.123456789Z', '2021-01-01T00:00:00,1Z',
  '2021-01-01T00:00:00+00:00', '2021-01-01T00:00:00-00:00', '2021-01-01T00:00:00+23:59', '2021-01-01T00:00:00+24:00',
  '2021-01-01T00:00:00+00:60', '2021-01-01T00:00:00+0000', '2021-01-01T00:00:00+00', '2021-01-01T00:00:00 Z',
  '2021-01-01T00:00:00|00:00', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '10000-01-01T00:00:00Z', '+2021-01-01T00:00:00Z',
  '2021-1-1T00:00:00Z', '21-01-01T00:00:00Z', '2021-01-01', 'now', '', '1633019124', '2021-001T00:00:00Z', '2021-W01-1T00:00:00Z'];

const CHAIN_IDS = ['', '0', '00', '01', '1.0', '-1', '+1', '0x1', '1e3', ' 1', '1 ', '9007199254740991', '9007199254740992',
  '9'.repeat(40), '9'.repeat(400), '१'];

const NONCES = ['', '1234567', '12345678', '1234567-', '12345678 ', 'é2345678', 'a'.repeat(64), 'a'.repeat(65)];

const STATEMENTS = ['', ' ', 'a"b', 'a%b', 'a\\b', 'a<b', 'é', '\t', 'URI: https://example.com/', 'a'.repeat(512), 'a'.repeat(513),
  '{', '|', '^', '`', '~', '\u007f', '\u2028'];

const REQUEST_IDS = ['', 'a/b', 'a?b', 'a b', '%20', '%2', '%', 'a@b:c', 'é', 'a#b'];

// A line of another content, by the label that it has.
function respell(random, lines) {
  const at = random.below(lines.length);
  const line = lines[at];
  const label = /^(URI: |Version: |Chain ID: |Nonce: |Issued At: |Expiration Time: |Not Before: |Request ID: |- )/.exec(line)?.[0];
  const choices = { 'URI: ': URIS, '- ': URIS, 'Version: ': ['', '2', '01', '1 ', '1.0'], 'Chain ID: ': CHAIN_IDS, 'Nonce: ': NONCES,
    'Issued At: ': TIMES, 'Expiration Time: ': TIMES, 'Not Before: ': TIMES, 'Request ID: ': REQUEST_IDS }[label];
  if (choices !== undefined) lines[at] = label + random.pick(choices);
  else if (at === 0) lines[at] = random.pick(DOMAINS) + INVITATION;
  else if (at === 1) lines[at] = random.pick([line.toLowerCase(), line.toUpperCase(), line.replace('0x', '0X'), line.slice(0, -1),
    `${line}0`, line.replace('0x', ''), ` ${line}`]);
  else if (at === 3 && line !== '') lines[at] = random.pick(STATEMENTS);
  return lines.join('\n');
}

const CHARACTERS = ['\n', '\r', '\t', ' ', '\0', '%', '"', '@', ':', '/', '[', ']', '#', '?', '-', '0', 'a', 'é', '😀', '\u007f', '\u0085'];

const MUTATORS = [
  respell, respell, respell, respell, respell, respell,
  (random, lines) => lines.join('\n'),
  (random, lines) => lines.join('\r\n'),
  (random, lines) => `${lines.join('\n')}\n`,
  (random, lines) => `\n${lines.join('\n')}`,
  (random, lines) => { // missing
    lines.splice(random.below(lines.length), 1);
    return lines.join('\n');
  },
  (random, lines) => { // repeated, there or elsewhere
    lines.splice(random.below(lines.length + 1), 0, random.pick(lines));
    return lines.join('\n');
  },
  (random, lines) => { // exchanged
    const a = random.below(lines.length);
    const b = random.below(lines.length);
    [lines[a], lines[b]] = [lines[b], lines[a]];
    return lines.join('\n');
  },
  (random, lines) => { // an empty line more
    lines.splice(random.below(lines.length + 1), 0, '');
    return lines.join('\n');
  },
  (random, lines) => { // resources, many
    lines.push('Resources:', ...Array.from({ length: random.below(20) }, () => `- ${random.pick(URIS)}`));
    return lines.join('\n');
  },
  (random, lines) => { // the case of one letter
    const text = lines.join('\n');
    const at = random.below(text.length);
    const c = text[at];
    return text.slice(0, at) + (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()) + text.slice(at + 1);
  },
  (random, lines) => { // a character more
    const text = lines.join('\n');
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.pick(CHARACTERS) + text.slice(at);
  },
  (random, lines) => { // a character less
    const text = lines.join('\n');
    const at = random.below(text.length);
    return text.slice(0, at) + text.slice(at + 1);
  },
  (random, lines) => { // another character
    const text = lines.join('\n');
    const at = random.below(text.length);
    return text.slice(0, at) + random.pick(CHARACTERS) + text.slice(at + 1);
  },
  (random, lines) => { // cut short
    const text = lines.join('\n');
    return text.slice(0, random.below(text.length));
  },
];

// A message with one fault, or with none.
export function mutate(random) {
  return random.pick(MUTATORS)(random, linesOf(random));
}
