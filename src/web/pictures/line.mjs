// line.mjs - how coherence went, act by act.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { svg } from '../dom.mjs';
import { amount } from '../text.mjs';

const WIDTH = 480;
const HEIGHT = 150;
const LEFT = 40;
const TOP = 14;
const BOTTOM = 22;

// The end of the scale: a round number above the highest value.
const ceiling = (highest) => [0.1, 0.2, 0.25, 0.5, 1].find((end) => highest <= end) ?? 1;

// values: numbers from 0 to 1, the earliest first.
export function line(values) {
  const points = [0, ...values];
  const end = ceiling(Math.max(...points));
  const x = (i) => LEFT + ((WIDTH - LEFT - 10) * i) / Math.max(1, points.length - 1);
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / end);
  const way = points.map((value, i) => `${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join('L');
  const last = points.length - 1;
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'line', role: 'img',
    'aria-label': `Coherence over ${values.length} acts, from 0 to ${amount(String(values[values.length - 1]))}` },
  [0, 0.5, 1].map((part) => [
    svg('line', { x1: LEFT, x2: WIDTH - 10, y1: y(part * end), y2: y(part * end), class: 'line-grid' }),
    svg('text', { x: LEFT - 8, y: y(part * end) + 4, class: 'line-label', 'text-anchor': 'end' }, String(part * end)),
  ]),
  svg('path', { d: `M${x(0)} ${y(0)}L${way}L${x(last).toFixed(1)} ${y(0)}Z`, class: 'line-area' }),
  svg('path', { d: `M${way}`, class: 'line-way' }),
  points.length < 40 && points.slice(1).map((value, i) => svg('circle', { cx: x(i + 1).toFixed(1), cy: y(value).toFixed(1), r: i + 1 === last ? 5 : 3, class: 'line-point' })),
  svg('text', { x: LEFT, y: HEIGHT - 4, class: 'line-label' }, 'first act'),
  svg('text', { x: WIDTH - 10, y: HEIGHT - 4, class: 'line-label', 'text-anchor': 'end' }, 'now'));
}
