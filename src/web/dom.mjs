// dom.mjs - elements.  Text becomes text nodes; nothing is ever parsed as markup, which the page's
// Content-Security-Policy (require-trusted-types-for) insists on as well.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { fullTime, time, visible } from './text.mjs';

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'value') node.value = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(Infinity)) if (child !== undefined && child !== null && child !== false) node.append(child);
  return node;
}

// el('button', { class: 'primary', onclick }, 'Save'): an attribute that is undefined, null or false is left out.
export const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
export const svg = (name, attributes = {}, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

// What somebody else wrote: isolated, so that its direction is its own, and with marks for what hides.
export const data = (text, name = 'bdi', attributes = {}) => el(name, { dir: 'auto', ...attributes }, visible(text));
export const code = (text, attributes = {}) => el('code', attributes, visible(text));
export const when = (at) => el('time', { datetime: new Date(at).toISOString(), title: fullTime(at) }, time(at));

export const show = (node, ...children) => node.replaceChildren(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));

// Icons, drawn on 24 by 24.
const ICONS = {
  you: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5c.6-4 3.7-6 7.5-6s6.9 2 7.5 6',
  chat: 'M4 5.5h16v11H11l-4.5 3.5v-3.5H4Z',
  invite: 'M10 12a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 7.5c.5-3.4 3.2-5 6.5-5 1.2 0 2.4.2 3.4.7M17.5 13.5v7M14 17h7',
  why: 'M9 9.2a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1.1-1.3 2.1M12 17.3v.2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  ledger: 'M5 6h14M5 12h14M5 18h14M9 6v6M15 12v6',
  lock: 'M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  check: 'M5 12.5 10 17.5 19 7',
  alert: 'M12 8.5v5M12 16.5v.2M12 3.5 21.5 20h-19Z',
  wait: 'M12 7.5V12l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  shield: 'M12 3.5 19 6v6c0 4.5-3 7-7 8.5C8 19 5 16.5 5 12V6Z',
  theme: 'M12 4a8 8 0 1 0 0 16ZM12 4a8 8 0 0 1 0 16',
  send: 'M4 12 20 4l-5 16-3.5-6.5Z',
  back: 'M15 5 8 12l7 7',
  copy: 'M9 9h10v11H9ZM6 15H5V4h10v2',
  key: 'M8 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM11.5 12H20v3M16.5 12v2.5',
};

export const icon = (name, attributes = {}) => svg('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', ...attributes },
  svg('path', { d: ICONS[name] }));
