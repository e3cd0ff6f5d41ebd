// The viewer page and what it loads, as the gateway sends them: the page says in its own markup what it is to do.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { loadReadyFiles, makeReady, replaceOnce, sendReady } from './ready-files.ts';

/** The viewer, as a gateway sends it. */
export interface ViewerFiles {
  /** The page, which never is kept by a browser. */
  sendPage(request: IncomingMessage, response: ServerResponse): void;
  /** Sends the file of that name; false when there is none. `version` is the hash that was asked for: the right one is kept for good, any other asked for again. */
  sendFile(request: IncomingMessage, response: ServerResponse, name: string, version: string | null): boolean;
}

/** Reads the built viewer in `folder`. Rejects when a file is missing, or the page is not the one this was written for. */
export async function loadViewerFiles(folder: string): Promise<ViewerFiles> {
  const files = await loadReadyFiles(folder, ['viewer.js', 'viewer.css']);
  const page = files.nameIn(await readFile(join(folder, 'index.html'), 'utf8'));
  const ready = await makeReady(Buffer.from(replaceOnce(page, '<html ', '<html data-ticket data-websocket="ws" data-key="none" ')), 'index.html');
  return {
    sendPage: (request, response) => sendReady(request, response, ready, 'no-store'),
    sendFile: files.send,
  };
}
