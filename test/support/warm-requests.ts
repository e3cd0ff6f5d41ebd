// Every request that a claim and a filling make of the engine, by name: the points at which a process can be killed between two of
// its changes.
import type { Catch } from './engine-proxy.ts';

/** A request, and what the process is doing with it. */
export type NamedRequest = readonly [name: string, request: Omit<Catch, 'stop'>];

/** A moment at which a process stands still: `request` before the engine has seen it, `answer` after the engine has done it. */
export interface FaultPoint {
  name: string;
  request: Catch;
}

/** Of an `up` that takes a warm desktop, in their order but for the first four, which are made at once. */
export const CLAIM_REQUESTS: readonly NamedRequest[] = [
  ['looking for the container', { method: 'GET', path: /^\/containers\/vnc_[^/]+\/json/ }],
  ['looking for the image', { method: 'GET', path: /^\/images\// }],
  ['looking for the network', { method: 'GET', path: /^\/networks\// }],
  ['listing the containers', { method: 'GET', path: /^\/containers\/json/ }],
  ['looking at the warm one under its lock', { method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/ }],
  ['giving it its client\'s name', { method: 'POST', path: /^\/containers\/[^/]+\/rename/ }],
  ['reading the name back', { method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/, skip: 1 }],
  ['waking it', { method: 'POST', path: /^\/containers\/[0-9a-f]{64}\/unpause/ }],
  ['watching for its end', { method: 'POST', path: /^\/containers\/[^/]+\/wait/ }],
  ['looking at it once it was seen', { method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/, skip: 2 }],
];

/** Of a filling that makes one warm desktop, on an engine that has the network. */
export const FILL_REQUESTS: readonly NamedRequest[] = [
  ['looking for the image that is made first', { method: 'GET', path: /^\/images\// }],
  ['listing the containers', { method: 'GET', path: /^\/containers\/json/ }],
  ['looking for the network', { method: 'GET', path: /^\/networks\// }],
  ['looking for the image', { method: 'GET', path: /^\/images\//, skip: 1 }],
  ['listing who holds ports', { method: 'GET', path: /^\/containers\/json/, skip: 1 }],
  ['asking which engine it is', { method: 'GET', path: /^\/version/ }],
  ['making the container', { method: 'POST', path: /^\/containers\/create/ }],
  ['starting it', { method: 'POST', path: /^\/containers\/[^/]+\/start/ }],
  ['looking where it is reached', { method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/ }],
  ['watching for its end', { method: 'POST', path: /^\/containers\/[^/]+\/wait/ }],
  ['looking whether it has come to rest', { method: 'GET', path: /^\/containers\/[^/]+\/stats/ }],
  ['freezing it', { method: 'POST', path: /^\/containers\/[^/]+\/pause/ }],
];

/** Of a filling that has made one in place of one that is there, and now removes that. */
export const REPLACE_REQUESTS: readonly NamedRequest[] = [
  ['looking at one that is to go', { method: 'GET', path: /^\/containers\/[0-9a-f]{64}\/json/, skip: 1 }],
  ['removing it', { method: 'DELETE', path: /^\/containers\// }],
];

const CHANGES = ['POST', 'DELETE'];

// An answer that was only looked at changes nothing: being killed after it is being killed before the next request. Watching has no answer.
/** The moments before each request, and after each that changes something. */
export function faultPoints(requests: readonly NamedRequest[]): FaultPoint[] {
  return requests.flatMap(([name, request]) => {
    const after = CHANGES.includes(request.method) && !/wait/.test(request.path.source);
    const points: FaultPoint[] = [{ name: `before the engine sees it, ${name}`, request: { ...request, stop: 'request' } }];
    return after ? [...points, { name: `after the engine has done it, ${name}`, request: { ...request, stop: 'answer' } }] : points;
  });
}
