// modules.mjs - what few need of the page: modules that come from its server when they are first needed.
//
// SPDX-License-Identifier: AGPL-3.0-only
//
// scripts/build-page makes loadModule() of import().  A module is run only if its SHA-256 is the one that this page was made
// with.  The page's Content-Security-Policy lists these hashes, too, and admits no other script, so that the browser refuses
// by itself what this file would let through.

import { readModule } from './api.mjs';
import { sha256, toHex, utf8 } from './bytes.mjs';

// Makes scripts of text, whatever it is: which ones run, the Content-Security-Policy says.
const asIs = { createScript: (text) => text };
const scripts = globalThis.trustedTypes?.createPolicy('qfs-modules', asIs) ?? asIs;

function refuse(expected, found) {
  throw Object.assign(new Error('a module of this page is not the one that the page was made with, and was not run'), {
    code: 'PAGE_MODULE',
    detail: `It has the SHA-256 ${found}, and should have ${expected}.`,
    hint: 'Reload the page. If that does not help, the server or something on the way has changed it: trust nothing that this page shows.',
  });
}

// The module leaves what makes it with its own element.
function run(text) {
  const script = document.createElement('script');
  script.text = scripts.createScript(text);
  document.head.append(script);
  script.remove();
  return script.make;
}

async function fetchModule(expected, names) {
  const text = await readModule(expected);
  const found = toHex(await sha256(utf8(text)));
  const make = found === expected ? run(text) : null;
  return make ? make(names()) : refuse(expected, found);
}

const loaded = new Map();

// What the module with this SHA-256 exports.  names: gives what it imports of what is there already.
export function loadModule(expected, names) {
  if (!loaded.has(expected)) {
    loaded.set(expected, fetchModule(expected, names).catch((error) => {
      loaded.delete(expected);
      throw error;
    }));
  }
  return loaded.get(expected);
}
