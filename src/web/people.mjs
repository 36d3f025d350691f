// people.mjs - who is who: names of accounts, remembered for a while.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { read } from './api.mjs';
import { data, el, show, svg } from './dom.mjs';
import { cut, shortId, visible } from './text.mjs';

const KEPT_MS = 30000;
const known = new Map();

// The profile of an account.
export function person(id) {
  const kept = known.get(id);
  if (kept && kept.until > Date.now()) return kept.profile;
  const profile = read('profile', { user_id: id });
  known.set(id, { until: Date.now() + KEPT_MS, profile });
  profile.catch(() => known.delete(id));
  return profile;
}

export const forgetPerson = (id) => known.delete(id);

export const nameOf = (profile) => profile.display_name ?? shortId(profile.user_id);

// The name as an element, at once with the id and soon with the name.
export function nameTag(id) {
  const node = el('span', { class: 'name' }, shortId(id));
  if (id !== 'system') person(id).then((profile) => show(node, profile.display_name ? data(cut(profile.display_name, 50)) : shortId(id))).catch(() => {});
  return node;
}

// Two letters on two colours that follow from the id: no picture is fetched from anywhere.
export function avatar(id, name, size = 40) {
  const hue = parseInt(id.slice(5, 8), 16) % 360;
  const turn = 30 + (parseInt(id.slice(8, 10), 16) % 60);
  const letters = visible(name ?? '').match(/[\p{L}\p{N}]/gu)?.slice(0, 1).join('').toUpperCase() || id.slice(5, 7);
  const gradient = `g${id.slice(5, 13)}${size}`;
  return svg('svg', { viewBox: '0 0 40 40', width: size, height: size, class: 'avatar', 'aria-hidden': 'true' },
    svg('defs', {}, svg('linearGradient', { id: gradient, x1: 0, y1: 0, x2: 1, y2: 1 },
      svg('stop', { offset: 0, 'stop-color': `hsl(${hue} 45% 38%)` }), svg('stop', { offset: 1, 'stop-color': `hsl(${hue + turn} 55% 30%)` }))),
    svg('rect', { width: 40, height: 40, rx: 20, fill: `url(#${gradient})` }),
    svg('text', { x: 20, y: 20, 'text-anchor': 'middle', 'dominant-baseline': 'central', class: 'initials' }, letters));
}
