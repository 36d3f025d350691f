// schema.mjs - every answer of a function that explains is held against docs/explanation.schema.json, wherever a test asks for it.
//
// SPDX-License-Identifier: AGPL-3.0-only

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

export const schemaText = readFileSync(new URL('../../docs/explanation.schema.json', import.meta.url), 'utf8');
// What is misspelt in the schema is an error; types of parts that are referred to are told where these are.
const isValid = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(JSON.parse(schemaText));

// Where it does not fit; null: it does.
export function faults(answer) {
  return isValid(answer) ? null : isValid.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`).join('; ');
}

// Functions that explain, under their names and under the paths that nginx gives some of them.
const EXPLAINS = /^\/(?:rest\/)?(?:rpc|v1\/governance)\/(explain[-_](?:entry|reward|coherence|session|message|vote|tally)|account_statement|explanation(?:_with_advice)?|preview|reflect|what[-_]if|consequence[-_]map|advice)(?:\?|$)/;

export function checkExplanation(path, headers, { status, json, text }) {
  // In CSV, or as nothing but a header, it is no JSON; of a page of the answer that has no row there is nothing.
  if (!EXPLAINS.test(path) || status !== 200 || json === undefined) return;
  if (json === null && (/[?&](limit|offset)=/.test(path) || headers.Range !== undefined)) return;
  const found = faults(json);
  assert.ok(found === null, `${path}: ${found}\n${text.slice(0, 2000)}`);
}
