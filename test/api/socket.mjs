// socket.mjs - a client of /live: a WebSocket, or server-sent events, and the numbers that it hears.
//
// SPDX-License-Identifier: AGPL-3.0-only

import { readFileSync } from 'node:fs';
import https from 'node:https';
import WebSocket from 'ws';

const DIR = process.env.QFS_API_DIR;
const place = (name) => ({ port: Number(readFileSync(`${DIR}/${name}.port`)), ca: readFileSync(`${DIR}/tls.crt`) });

export const SUBPROTOCOL = 'ws+meta.nchan';

// Whatever a test left open; a program that has a socket does not end.
const open = new Set();
export const closeAll = () => { for (const heard of open) heard.close(); };

// The list in a message: with the subprotocol nchan's lines come first, and an empty one.
const numbersOf = (data) => JSON.parse(data.slice(data.indexOf('[')));

// Opens a WebSocket.  It is given once it is open, as {numbers, on, closed, close, socket}: the numbers that it has heard, a
// listener, and a promise of how it ended; or the promise is rejected with the status and text of the answer.
export function openSocket(name, { token, protocols = [SUBPROTOCOL, token], path = '/live', headers = {}, localAddress, origin, port, ca } = {}) {
  const known = port ? { port, ca } : place(name);
  const socket = new WebSocket(`wss://localhost:${known.port}${path}`, protocols, { ca: known.ca, host: '127.0.0.1', servername: 'localhost', headers, localAddress, origin, perMessageDeflate: false });
  const heard = { socket, numbers: [], messages: 0, on: () => {}, close: () => socket.terminate() };
  open.add(heard);
  heard.closed = new Promise((resolve) => { socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), at: Date.now() })); });
  socket.on('message', (data) => {
    const list = numbersOf(data.toString());
    heard.messages++;
    heard.numbers.push(...list);
    heard.on(list);
  });
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(heard));
    socket.on('unexpected-response', (request, answer) => {
      let text = '';
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => reject(Object.assign(new Error(`${answer.statusCode} ${text}`), { status: answer.statusCode, text, headers: answer.headers })));
    });
    socket.on('error', (error) => reject(error));
  });
}

// The same with server-sent events.
export function openEvents(name, { token, path = '/live' }) {
  const known = place(name);
  return new Promise((resolve, reject) => {
    const request = https.get({ ...known, host: '127.0.0.1', servername: 'localhost', path, agent: false,
      headers: { Accept: 'text/event-stream', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) } }, (answer) => {
      const heard = { status: answer.statusCode, headers: answer.headers, numbers: [], text: '', on: () => {}, close: () => request.destroy() };
      open.add(heard);
      heard.closed = new Promise((done) => { answer.on('close', () => done({ at: Date.now() })); });
      answer.on('error', () => {});
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        heard.text += part;
        for (let end; (end = heard.text.indexOf('\n\n')) >= 0; heard.text = heard.text.slice(end + 2)) {
          const data = /^data: (\[.*\])$/m.exec(heard.text.slice(0, end))?.[1];
          if (!data) continue;
          heard.numbers.push(...JSON.parse(data));
          heard.on(JSON.parse(data));
        }
      });
      resolve(heard);
    });
    request.on('error', reject);
  });
}
