// ledger_writer.mjs - ledgers for tests, written entry by entry: wallets, devices and keys are made from numbers, outcomes
// are what src/web/rules compute, or what a test puts in their place.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

import { id, Wallet } from 'ethers';

import { canonical } from '../../src/web/canonical.mjs';
import { hashOf, headOf } from '../../src/web/rules/entry.mjs';
import { LedgerFault } from '../../src/web/rules/fault.mjs';
import { threadOf } from '../../src/web/message_crypto.mjs';
import { userIdOf } from '../../src/web/rules/names.mjs';
import { execute } from '../../src/web/rules/execute.mjs';
import { Store } from '../../src/web/rules/store.mjs';

const sha256 = (text) => createHash('sha256').update(text).digest();
const hex = (text) => sha256(text).toString('hex');

// RFC 8410: what comes before the 32 bytes of a private Ed25519 key.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

// {key (bytes), sign(bytes)} of a name.
export function ed25519Of(name) {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, sha256(name)]), format: 'der', type: 'pkcs8' });
  return { key: Buffer.from(createPublicKey(secret).export({ format: 'jwk' }).x, 'base64url'), sign: (bytes) => sign(null, bytes, secret) };
}

export function ledgerKeys(number) {
  const [checkpoint, token] = [ed25519Of(`checkpoint ${number}`), ed25519Of(`token ${number}`)];
  return { checkpoint, token, payload: { checkpoint: checkpoint.key.toString('hex'), token: token.key.toString('hex') } };
}

export const POLICY = {
  auth: { chain_ids: [1], domains: ['app.example.org'], uris: ['https://app.example.org'] },
  block_ms: 17000,
  coherence: {
    acts: { FRAUD_BLOCKED: '0', MESSAGE_RECIPROCATED: '0.6', PROFILE_COMPLETED: '0.3', REFERRAL_ACTIVATED_REFEREE: '0.5', REFERRAL_ACTIVATED_REFERRER: '1' },
    alpha: '0.1',
    trust: { AUTHORITY: '0.9', TRUSTED: '0.7', VERIFIED: '0.5' },
    weights: { clarity: '0.08', contradiction: '0.12', hsmf: '0.2', logic: '0.2', signal: '0.16', topic: '0.24' },
  },
  epoch_blocks: 512,
  evaluators: [],
  limits: { events_per_minute: 1000, logins_per_minute: 10, messages_per_minute: 60, threads_per_day: 10 },
  nonce_ttl_ms: 300000,
  operators: [],
  page_errors: 'off',
  referral: {
    activation: ['message_received', 'message_sent', 'profile'], cap: 100, flx_cap: '1000000', points: 10,
    tiers: [{ flx: '100', to: 5 }, { flx: '80', to: 20 }, { flx: '50', to: 50 }, { flx: '20', to: 100 }], window_blocks: 1000,
  },
  rules: 1,
  sessions_max: 16,
  signed: 'devices',
  signed_types: [],
  ttl_blocks: 1000,
  visibility: 'parties',
};

// Canonical, though each part may nest as deep as any canonical JSON.
const lineOf = (entry) => `{${Object.keys(entry).sort().map((name) => `"${name}":${canonical(entry[name])}`).join(',')}}`;

// A record of a server; its salt is that of the number.
export const serverOf = (number, { database = 'database', system = 'system', timeline = 1, version = 150005 } = {}) => ({ database: hex(`${database} ${number}`), salt: hex(`server ${number}`).slice(0, 32), system: hex(`${system} ${number}`), timeline, version });

const START = 1800000000000;

export class LedgerWriter {
  constructor() {
    this.store = new Store();
    this.lines = [];
    this.hash = '0'.repeat(64);
    this.at = START;
    this.nonces = 0;
    // Of each wallet its session, and of each session the device.
    this.sessions = new Map();
    this.devices = new Map();
    this.eventNonce = 0;
    this.force = false;
  }

  wait(ms) {
    this.at += ms;
    return this;
  }

  // Appends an entry whose outcome the rules compute, or the one given, or none where the rules refuse the entry and force
  // says to write it nevertheless; spoil may change what is written of it.
  async append(type, payload, { actor = 'system', auth = { via: 'operator' }, sig = null, spoil = null, outcome, accounts, force = this.force } = {}) {
    const seq = this.lines.length;
    const entry = { act: { actor, auth, type }, at: this.at, payload, prev: this.hash, salt: hex(`salt ${seq}`).slice(0, 32), seq, sig, v: 2 };
    entry.outcome = {};
    entry.accounts = [];
    let computed = null;
    if (outcome) Object.assign(entry, { outcome, accounts: accounts ?? [] });
    else {
      // The hash of a genesis is needed for its state, and needs its outcome.
      computed = await execute(this.store, { entry, hash: null }).then((result) => {
        if (result.change.fault) throw result.change.fault;
        return result;
      }).catch((error) => {
        if (!force || !(error instanceof LedgerFault)) throw error;
        return null;
      });
      if (computed) Object.assign(entry, { outcome: computed.outcome, accounts: computed.accounts });
    }
    spoil?.(entry);
    this.hash = await hashOf(await headOf(entry));
    computed?.change.apply(computed.outcome);
    if (seq === 0 && this.store.ledger) this.store.ledger.ledger = this.hash;
    this.lines.push(lineOf(entry));
    return entry;
  }

  genesis(changes = {}) {
    return this.append('GENESIS', { format: 2, keys: ledgerKeys(0).payload, origin: 'ledger.example.org/test', policy: { ...structuredClone(POLICY), ...changes }, server: serverOf(0) });
  }

  setPolicy(changes) {
    const now = this.store.get('policy', this.store.ledger.policy_seq).policy;
    return this.append('POLICY_CHANGED', { policy: { ...now, ...changes } });
  }

  static wallet(n) {
    return new Wallet(id(`wallet ${n}`));
  }

  static user(n) {
    return userIdOf(LedgerWriter.wallet(n).address);
  }

  nonce() {
    return this.at.toString(16).padStart(12, '0') + hex(`nonce ${this.nonces++}`).slice(0, 52);
  }

  // lines: changes of the message's lines.
  message(n, { device = null, nonce = this.nonce(), edit = (lines) => lines } = {}) {
    const lines = ['app.example.org wants you to sign in with your Ethereum account:', LedgerWriter.wallet(n).address, '', 'Sign in.', '',
      'URI: https://app.example.org', 'Version: 1', 'Chain ID: 1', `Nonce: ${nonce}`, `Issued At: ${new Date(this.at).toISOString()}`];
    if (device !== null) lines.push('Resources:', `- urn:qfs:device:${ed25519Of(`device ${device}`).key.toString('base64url')}`);
    return edit(lines).join('\n');
  }

  async login(n, { device = null, code, edit, nonce = this.nonce(), signature, payload: more, ...options } = {}) {
    const message = this.message(n, { device, nonce, edit });
    const payload = { message, nonce, wallet: LedgerWriter.wallet(n).address };
    if (device !== null) payload.device_key = ed25519Of(`device ${device}`).key.toString('base64url');
    if (code !== undefined) payload.referral_code = code;
    Object.assign(payload, more);
    const signed = LedgerWriter.wallet(n).signMessageSync(message);
    const entry = await this.append('LOGIN', payload, { actor: LedgerWriter.user(n), auth: { via: 'wallet' }, sig: signature ? signature(signed) : signed, ...options });
    const session = entry.outcome.result?.session;
    if (session) {
      this.sessions.set(n, session);
      this.devices.set(session, device);
    }
    return entry;
  }

  // An event of account n, signed by the device of its session where that has one.
  act(n, type, payload, { session = this.sessions.get(n), device = this.devices.get(session) ?? null, nonce = ++this.eventNonce, actor = LedgerWriter.user(n), sign: signs = device !== null, ...options } = {}) {
    if (!signs) return this.append(type, payload, { actor, auth: { session, via: 'session' }, ...options });
    const { key, sign: signWith } = ed25519Of(`device ${device}`);
    const sig = signWith(Buffer.from(canonical({ actor, ledger: this.store.ledger.ledger, nonce, payload, type }))).toString('base64url');
    return this.append(type, payload, { actor, auth: { key: key.toString('base64url'), nonce, session, via: 'session' }, sig, ...options });
  }

  // An event of account n that its wallet signs, without a session.
  actByWallet(n, type, payload, { nonce = ++this.eventNonce, ...options } = {}) {
    const { ledger, origin } = this.store.ledger;
    const text = `${origin} asks for your signature.\n\nEvent: ${type}\nPayload: ${canonical(payload)}\nNonce: ${nonce}\nLedger: ${ledger}`;
    return this.append(type, payload, { actor: LedgerWriter.user(n), auth: { nonce, via: 'wallet' }, sig: LedgerWriter.wallet(n).signMessageSync(text), ...options });
  }

  async rotate(n, options) {
    const device = this.devices.get(this.sessions.get(n));
    const entry = await this.act(n, 'SESSION_ROTATED', { nonce: hex(`rotation ${this.lines.length}`) }, options);
    const { session } = entry.outcome.result;
    this.sessions.set(n, session);
    this.devices.set(session, device);
    return entry;
  }

  profile(n, options) {
    const version = (this.store.kind('standing', LedgerWriter.user(n)).state.profile_version) + 1;
    return this.act(n, 'PROFILE_UPDATE', { commitment: hex(`profile ${n} ${version}`), version }, options);
  }

  chatKey(n, options) {
    const key = sha256(`chat ${n} ${this.lines.length}`);
    key[31] &= 0x3f;
    return this.act(n, 'CHAT_KEY', { key: key.toString('base64url') }, options);
  }

  async send(n, to, { change = {}, ...options } = {}) {
    const [sender, recipient] = [LedgerWriter.user(n), LedgerWriter.user(to)];
    const thread = await threadOf(sender, recipient);
    const row = this.store.get('thread', thread);
    const sent = row ? (sender < recipient ? row.first_seq : row.second_seq) : 0;
    return this.act(n, 'MESSAGE', { alg: 'x25519-hkdf-aes256gcm', hash: hex(`message ${this.lines.length}`), recipient, seq: sent + 1, size: 100, thread, ...change }, options);
  }

  // Numbers of the events of an application's types.
  customs() {
    return this.lines.map((line) => JSON.parse(line)).filter(({ act }) => this.store.get('event_type', act.type)).map(({ seq }) => seq);
  }

  code(n) {
    return [...this.store.tables.referral_code.values()].find(({ user_id }) => user_id === LedgerWriter.user(n)).code;
  }

  use(n, of, options) {
    return this.act(n, 'REFERRAL_USE', { code: this.code(of) }, options);
  }

  text() {
    return this.lines.map((line) => `${line}\n`).join('');
  }
}
