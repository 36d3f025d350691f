// random_schema.mjs - schemas of custom types, sound ones and others, and values that may fit them.
//
// SPDX-License-Identifier: AGPL-3.0-only

const NAMES = ['a', 'b', 'é'];
const TYPES = ['array', 'boolean', 'integer', 'null', 'object', 'string'];
const MAX_DEPTH = 3;

export function randomObject(random, depth = 0) {
  return Object.fromEntries(NAMES.filter(() => random.chance(50)).map((name) => [name, randomValue(random, depth + 1)]));
}

function randomValue(random, depth) {
  return random.pick([
    () => random.below(4), () => -random.below(20), () => random.pick(['', 'x', 'xy', 'éé', '😀😀']), () => null, () => random.chance(50),
    () => (depth >= MAX_DEPTH ? [] : Array.from({ length: random.below(3) }, () => randomValue(random, depth + 1))),
    () => (depth >= MAX_DEPTH ? {} : randomObject(random, depth)),
  ])();
}

export function randomSchema(random, depth = 0) {
  const schema = {};
  const odd = (one, other) => (random.chance(4) ? one : other());
  const maybe = (percent, keyword, make) => {
    if (random.chance(percent)) schema[keyword] = make();
  };
  const names = () => NAMES.filter(() => random.chance(40));
  maybe(50, 'type', () => odd(random.pick([[], 'number', ['string', 'string'], 5, null]), () => (random.chance(70) ? (depth === 0 ? 'object' : random.pick(TYPES)) : [random.pick(TYPES), random.pick(TYPES)])));
  if (depth < MAX_DEPTH) {
    maybe(40, 'properties', () => odd([], () => Object.fromEntries(names().map((name) => [name, odd(true, () => randomSchema(random, depth + 1))]))));
    maybe(15, 'items', () => odd([], () => randomSchema(random, depth + 1)));
  }
  maybe(20, 'required', () => odd(random.pick([['a', 'a'], 'a', [5], []]), names));
  maybe(30, 'additionalProperties', () => odd({}, () => random.chance(60)));
  maybe(10, 'enum', () => odd(random.pick([[], 5, [1, 1]]), () => Array.from({ length: 1 + random.below(3) }, () => randomValue(random, 1))));
  maybe(8, 'const', () => randomValue(random, 1));
  for (const keyword of ['minimum', 'maximum']) maybe(8, keyword, () => odd('1', () => random.below(30) - 15));
  for (const keyword of ['minLength', 'maxLength', 'minItems', 'maxItems']) maybe(8, keyword, () => odd(random.pick([-1, 32000, 65530, 65535, 70000]), () => random.below(4)));
  maybe(1, 'title', () => 'x');
  return schema;
}
