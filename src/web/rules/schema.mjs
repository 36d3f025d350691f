// schema.mjs - schemas of custom types: what a schema may be, and whether a payload fits one.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { utf8 } from '../bytes.mjs';
import { canonical } from '../canonical.mjs';
import { MAX_PAYLOAD } from './entry.mjs';
import { demand } from './fault.mjs';
import { isInteger, isObject } from './forms.mjs';

const JSON_TYPES = ['array', 'boolean', 'integer', 'null', 'object', 'string'];
// The schema {} of a whole type.
const ANY_OBJECT = { additionalProperties: true, type: 'object' };

const isCount = (value) => isInteger(value, 0);
const isStrings = (value) => Array.isArray(value) && value.every((item) => typeof item === 'string');

const KEYWORDS = {
  type: (value) => (typeof value === 'string' ? JSON_TYPES.includes(value) : isStrings(value) && value.length > 0 && value.every((item) => JSON_TYPES.includes(item))),
  properties: isObject,
  required: isStrings,
  additionalProperties: (value) => typeof value === 'boolean',
  items: isObject,
  enum: (value) => Array.isArray(value) && value.length > 0,
  const: () => true,
  minLength: isCount, maxLength: isCount, minItems: isCount, maxItems: isCount,
  minimum: (value) => isInteger(value), maximum: (value) => isInteger(value),
};

const RANGES = [['minimum', 'maximum'], ['minLength', 'maxLength'], ['minItems', 'maxItems']];

const typeOf = (value) => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' ? 'integer' : typeof value;
};
const typesOf = ({ type }) => (type === undefined ? JSON_TYPES : [type].flat());
const has = (schema, keyword) => Object.hasOwn(schema, keyword);
const isSame = (a, b) => canonical(a) === canonical(b);
const isWithin = (value, min = -Infinity, max = Infinity) => value >= min && value <= max;
// A schema of const and enum alone says nothing of members.
const isOpen = (schema) => schema.additionalProperties === true || Object.keys(schema).every((keyword) => keyword === 'const' || keyword === 'enum');

function isObjectFit(schema, value) {
  const properties = schema.properties ?? {};
  return (schema.required ?? []).every((name) => Object.hasOwn(value, name))
    && Object.keys(value).every((name) => (Object.hasOwn(properties, name) ? fits(properties[name], value[name]) : isOpen(schema)));
}

const FITS = {
  array: (schema, value) => isWithin(value.length, schema.minItems, schema.maxItems) && (!has(schema, 'items') || value.every((item) => fits(schema.items, item))),
  integer: (schema, value) => isWithin(value, schema.minimum, schema.maximum),
  object: isObjectFit,
  string: (schema, value) => isWithin(Array.from(value).length, schema.minLength, schema.maxLength),
};

// Does it fit all but const and enum?
const fitsRest = (schema, value) => typesOf(schema).includes(typeOf(value)) && (FITS[typeOf(value)]?.(schema, value) ?? true);

export function fits(schema, value) {
  return fitsRest(schema, value) && (!has(schema, 'const') || isSame(schema.const, value)) && (!has(schema, 'enum') || schema.enum.some((item) => isSame(item, value)));
}

// ---- may the schema be one? ----

function checkSchema(schema, place) {
  const valid = (condition, what) => demand(condition, 'SCHEMA_INVALID', `${place || 'the root'}: ${what}`);
  for (const [keyword, value] of Object.entries(schema)) valid(Object.hasOwn(KEYWORDS, keyword) && KEYWORDS[keyword](value), `${keyword} is not a keyword, or has no such value`);
  for (const [min, max] of RANGES) valid(!(schema[min] > schema[max]), `${min} is above ${max}`);
  const properties = schema.properties ?? {};
  for (const name of schema.required ?? []) valid(Object.hasOwn(properties, name) || schema.additionalProperties === true, `${name} is required and refused`);
  for (const [name, inner] of Object.entries(properties)) {
    valid(isObject(inner), `${name} is no schema`);
    checkSchema(inner, `${place}.properties.${name}`);
  }
  if (has(schema, 'items')) checkSchema(schema.items, `${place}.items`);
  valid(valuesOf(schema) === null || valuesOf(schema).length > 0, 'no value of const or enum fits the rest');
}

// Values that const or enum leave, or null where neither is there.
function valuesOf(schema) {
  if (!has(schema, 'const') && !has(schema, 'enum')) return null;
  return (has(schema, 'const') ? [schema.const] : schema.enum).filter((value) => fits(schema, value));
}

function shortestInteger({ minimum = -9, maximum = 9 }) {
  if (minimum <= 9 && maximum >= 0) return 1;
  return String(minimum > 9 ? minimum : maximum).length;
}

function shortestObject({ properties = {}, required = [] }) {
  const members = [...new Set(required)].map((name) => canonical(name).length + 1 + (Object.hasOwn(properties, name) ? shortest(properties[name]) : 1));
  return 1 + Math.max(1, members.reduce((sum, size) => sum + size + 1, 0));
}

const SHORTEST = {
  array: ({ minItems = 0, items = {} }) => (minItems === 0 ? 2 : 1 + minItems * (shortest(items) + 1)),
  boolean: () => 4,
  integer: shortestInteger,
  null: () => 4,
  object: shortestObject,
  string: ({ minLength = 0 }) => 2 + minLength,
};

// Bytes of the shortest value that fits.
function shortest(schema) {
  const values = valuesOf(schema);
  if (values) return Math.min(...values.map((value) => utf8(canonical(value)).length));
  return Math.min(...typesOf(schema).map((type) => SHORTEST[type](schema)));
}

// The schema as a type keeps it.
export function readSchema(schema) {
  checkSchema(schema, '');
  if (Object.keys(schema).length === 0) return ANY_OBJECT;
  const values = valuesOf(schema);
  demand(values ? values.some(isObject) : typesOf(schema).includes('object'), 'SCHEMA_INVALID', 'the root: a payload is an object');
  demand(shortest({ ...schema, ...(values ? {} : { type: 'object' }) }) <= MAX_PAYLOAD, 'SCHEMA_INVALID', 'the root: the shortest payload that fits is too long');
  return schema;
}
