// The API of a test's daemon, asked at its Unix socket as local programs do.
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Installation } from './cli.ts';

export interface ApiAnswer {
  status: number;
  location: string | undefined;
  json: Record<string, unknown>;
}

/** Where the daemon of an installation listens for them. */
export function socketOf({ home, instance }: Pick<Installation, 'home' | 'instance'>): string {
  return join(home, 'state', instance, 'daemon.sock');
}

/** Sends one request; the body as JSON. */
export function askSocket(socketPath: string, method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method, agent: false, headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers } }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, location: response.headers.location, json: JSON.parse(answer) as Record<string, unknown> }), reject);
    });
    sent.once('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}
