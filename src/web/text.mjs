// text.mjs - data as people read it.  Nothing here makes markup.
//
// SPDX-License-Identifier: AGPL-3.0-only

// What would change how the text around it reads, or cannot be seen: bidi controls, other invisible
// characters and controls, except for tabs and line ends.  Joiners stay; scripts and emoji need them.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

// The text with a visible mark for each of them.
export const visible = (text) => String(text).replace(HIDDEN, (char) => `\u27e8U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`);

export const cut = (text, length) => (Array.from(text).length > length ? `${Array.from(text).slice(0, length - 1).join('')}\u2026` : text);

// "100.000000000000000000" -> "100"; at most `digits` after the point, cut and not rounded up.
export function amount(text, digits = 4) {
  const [whole, fraction = ''] = String(text ?? '0').split('.');
  const kept = fraction.slice(0, digits).replace(/0+$/, '');
  return whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') + (kept === '' ? '' : `.${kept}`);
}

export const count = (n, one, many = `${one}s`) => `${amount(String(n))} ${n === 1 ? one : many}`;

export const shortId = (id) => (id === 'system' ? 'the ledger' : `${id.slice(5, 9)}\u2026${id.slice(-4)}`);
export const shortWallet = (wallet) => `${wallet.slice(0, 6)}\u2026${wallet.slice(-4)}`;
export const shortHash = (hash) => hash.slice(0, 8);

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

export const fullTime = (at) => whole.format(at);
export const clockTime = (at) => clock.format(at);

// "just now", "5 min ago", "14:30", "3 Nov 2026, 14:30".
export function time(at, now = Date.now()) {
  const seconds = Math.round((now - at) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  return new Date(at).toDateString() === new Date(now).toDateString() ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`;
}

export function duration(ms) {
  const minutes = Math.max(0, Math.round(ms / 60000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 90) return count(minutes, 'minute');
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return count(Math.round(minutes / 1440), 'day');
}

// A sentence of the ledger's, as one of ours.
export const sentence = (text) => (text === '' ? '' : text[0].toUpperCase() + text.slice(1) + (/[.!?\u2026]$/.test(text) ? '' : '.'));
