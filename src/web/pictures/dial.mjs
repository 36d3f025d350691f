// dial.mjs - coherence as a dial: three quarters of a circle from 0 to 1.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { svg } from '../dom.mjs';
import { amount } from '../text.mjs';

const RADIUS = 80;
const FROM = 135;
const TURN = 270;

const point = (part, radius = RADIUS) => {
  const angle = ((FROM + TURN * part) * Math.PI) / 180;
  return [100 + radius * Math.cos(angle), 100 + radius * Math.sin(angle)].map((n) => n.toFixed(2));
};

const arc = (part) => `M${point(0).join(' ')}A${RADIUS} ${RADIUS} 0 ${part * TURN > 180 ? 1 : 0} 1 ${point(part).join(' ')}`;

// score: decimal text from 0 to 1.
export function dial(score, level) {
  const part = Math.min(1, Math.max(0, Number(score)));
  return svg('svg', { viewBox: '0 0 200 186', class: 'dial', role: 'img', 'aria-label': `Coherence ${amount(score)} of 1, ${level}` },
    svg('path', { d: arc(1), class: 'dial-way' }),
    part > 0 && svg('path', { d: arc(part), class: 'dial-value' }),
    [0, 0.25, 0.5, 0.75, 1].map((tick) => {
      const [[x1, y1], [x2, y2]] = [point(tick, 64), point(tick, 68)];
      return svg('line', { x1, y1, x2, y2, class: 'dial-tick' });
    }),
    svg('text', { x: 100, y: 104, class: 'dial-number', 'text-anchor': 'middle' }, amount(score, 3)),
    svg('text', { x: 100, y: 128, class: 'dial-level', 'text-anchor': 'middle' }, level),
    svg('text', { x: 44, y: 180, class: 'dial-end', 'text-anchor': 'middle' }, '0'),
    svg('text', { x: 156, y: 180, class: 'dial-end', 'text-anchor': 'middle' }, '1'));
}
