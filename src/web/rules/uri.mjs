// uri.mjs - RFC 3986 as far as sign-in messages and policies need it: URIs, hosts with a port, RFC 3339 times.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { demand } from './fault.mjs';

const UNRESERVED = "A-Za-z0-9._~\\-";
const SUB = "!$&'()*+,;=";
const ESCAPE = '%[0-9A-Fa-f]{2}';
const chars = (more) => `(?:[${UNRESERVED}${SUB}${more}]|${ESCAPE})`;
const PCHAR = chars(':@');
const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`;
const GROUP16 = '[0-9A-Fa-f]{1,4}';
const LAST32 = `(?:${GROUP16}:${GROUP16}|${IPV4})`;
// RFC 3986, section 3.2.2: "::" stands for one group or more, so that each number of groups before it has a line.
const IPV6 = `(?:${[
  `(?:${GROUP16}:){6}${LAST32}`,
  ...[5, 4, 3, 2, 1, 0].map((after, before) => `(?:(?:${GROUP16}:){0,${Math.max(before - 1, 0)}}${before > 0 ? GROUP16 : ''})?::(?:${GROUP16}:){${after}}${LAST32}`),
  `(?:(?:${GROUP16}:){0,5}${GROUP16})?::${GROUP16}`,
  `(?:(?:${GROUP16}:){0,6}${GROUP16})?::`,
].join('|')})`;
const LITERAL = `\\[(?:${IPV6}|[vV][0-9A-Fa-f]+\\.[${UNRESERVED}${SUB}:]+)\\]`;
const PORT = '(?::[0-9]*)?';
const AUTHORITY = `(?:${chars(':')}*@)?(?:${LITERAL}|${chars('')}*)${PORT}`;
const PATH = `(?://${AUTHORITY}(?:/${PCHAR}*)*|/(?:${PCHAR}+(?:/${PCHAR}*)*)?|${PCHAR}+(?:/${PCHAR}*)*)?`;
const SCHEME = '[A-Za-z][A-Za-z0-9+.\\-]*';

const URI_FORM = new RegExp(`^${SCHEME}:${PATH}(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?$`);
const DOMAIN_FORM = new RegExp(`^(?:${LITERAL}|${chars('')}+)${PORT}$`);
export const SCHEME_FORM = new RegExp(`^${SCHEME}$`);
export const PCHARS_FORM = new RegExp(`^${PCHAR}*$`);

const MAX_URI = 2048;
const MAX_DOMAIN = 255;

export const isUri = (text) => typeof text === 'string' && text.length <= MAX_URI && URI_FORM.test(text);
export const isDomain = (text) => typeof text === 'string' && text.length <= MAX_DOMAIN && DOMAIN_FORM.test(text);

const TIME_FORM = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

// Milliseconds since 1970 of an RFC 3339 time, what is smaller cut off.
export function readTime(text) {
  const parts = TIME_FORM.exec(text);
  demand(parts, 'TIME_SYNTAX', 'a time is not written as RFC 3339 says');
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const [sign, hours, minutes] = [parts[8] === '-' ? -1 : 1, Number(parts[9] ?? 0), Number(parts[10] ?? 0)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  demand(month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second <= 60
    && hours < 24 && minutes < 60, 'TIME_SYNTAX', 'a time does not exist');
  const at = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 - sign * (hours * 60 + minutes) * 60000;
  // A leap second is the last of a month.
  demand(second < 60 || new Date(at).toISOString().endsWith('-01T00:00:00.000Z'), 'TIME_SYNTAX', 'a second 60 is none of those that can be');
  return at + Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
}
