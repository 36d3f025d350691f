// path.mjs - a Merkle path as a picture: from the entry at the bottom, hash by hash, to the signed root.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { toHex } from '../bytes.mjs';
import { el, svg } from '../dom.mjs';
import { shortHash } from '../text.mjs';

const PATH_WIDTH = 340;
const MIDDLE = PATH_WIDTH / 2;
const ROW = 62;
const BOX = 30;
const OFFSET = 84;

const box = (x, y, width, text, kind) => [
  svg('rect', { x: x - width / 2, y: y - BOX / 2, width, height: BOX, rx: 8, class: `path-${kind}` }),
  svg('text', { x, y: y + 4, 'text-anchor': 'middle', class: `path-text path-${kind}-text` }, text),
];

// The node at height `i` (0 = the leaf) stands on the side where its sibling does not.
function sideOf(steps, i) {
  if (i === steps.length) return 0;
  return steps[i].side === 'left' ? 1 : -1;
}

// proof: what proveHash() gives.
export function path({ seq, size, leaf, steps, root }) {
  const height = ROW * steps.length + 2 * BOX;
  const y = (i) => height - BOX - ROW * i;
  const x = (i) => MIDDLE + OFFSET * sideOf(steps, i);
  const edges = steps.map(({ side }, i) => {
    const other = MIDDLE + (side === 'left' ? -OFFSET : OFFSET);
    const up = `L${x(i + 1)} ${y(i + 1) + BOX / 2}`;
    return [svg('path', { d: `M${other} ${y(i) - BOX / 2}${up}`, class: 'path-edge' }),
      svg('path', { d: `M${x(i)} ${y(i) - BOX / 2}${up}`, class: 'path-edge path-way' })];
  });
  const boxes = steps.map(({ sibling, side }, i) => [
    box(MIDDLE + (side === 'left' ? -OFFSET : OFFSET), y(i), 96, shortHash(toHex(sibling)), 'sibling'),
    i > 0 && box(x(i), y(i), 96, shortHash(toHex(steps[i - 1].hash)), 'node'),
  ]);
  return el('figure', { class: 'path' },
    svg('svg', { viewBox: `0 0 ${PATH_WIDTH} ${height}`, role: 'img',
      'aria-label': `Merkle path of entry ${seq}: ${steps.length} hashes lead to the signed root of ${size} entries` },
    edges, boxes,
    box(x(0), y(0), steps.length === 0 ? 220 : 164, steps.length === 0 ? `entry ${seq} = root` : `entry ${seq} \u00b7 ${shortHash(toHex(leaf))}`, 'leaf'),
    steps.length > 0 && box(MIDDLE, y(steps.length), 190, `signed root \u00b7 ${shortHash(toHex(root))}`, 'root')),
    el('figcaption', {}, `Each hash is made of the two below it. Were entry ${seq} another one, all hashes above it would be others, and the root would not be the signed one.`),
    el('details', {}, el('summary', {}, 'The path as a list'),
      el('ol', { class: 'hashes', start: 0 }, el('li', {}, 'the entry: ', el('code', {}, toHex(leaf))),
        steps.map(({ sibling, side, hash }) => el('li', {}, `with the ${side} neighbour `, el('code', {}, toHex(sibling)), ' gives ', el('code', {}, toHex(hash)))))));
}
