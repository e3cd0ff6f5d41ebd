// The dashboard's page and what it loads, as the daemon's door sends them.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { loadReadyFiles, makeReady, type ReadyFiles, sendReady } from './ready-files.ts';

export interface DashboardFiles {
  /** The page, which never is kept by a browser. */
  sendPage(request: IncomingMessage, response: ServerResponse): void;
  sendFile: ReadyFiles['send'];
}

/** Reads the built dashboard in `folder`. Rejects when a file is missing, or the page is not the one this was written for. */
export async function loadDashboardFiles(folder: string): Promise<DashboardFiles> {
  const files = await loadReadyFiles(folder, ['dashboard.js', 'dashboard.css']);
  const page = await makeReady(Buffer.from(files.nameIn(await readFile(join(folder, 'index.html'), 'utf8'))), 'index.html');
  return { sendPage: (request, response) => sendReady(request, response, page, 'no-store'), sendFile: files.send };
}
