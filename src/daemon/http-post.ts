// One POST of JSON. Node's own client of http and not fetch, which would keep a second one in the daemon's memory for good.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { PostJson } from './hooks.ts';

/** Sends it and reads the answer to its end. Follows no redirection: the address that was set is the one that is told. */
export const postJson: PostJson = (address, body, signal) =>
  new Promise((resolve, reject) => {
    const url = new URL(address);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'user-agent': 'vncctl' };
    // No connection is kept: the next event may be hours away.
    const sent = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { method: 'POST', headers, agent: false, signal });
    sent.once('error', (error) => reject(signal.aborted ? signal.reason : error));
    sent.once('response', (response) => {
      text(response).then(
        () => resolve(response.statusCode ?? 0),
        (error: unknown) => reject(signal.aborted ? signal.reason : error),
      );
    });
    sent.end(body);
  });
