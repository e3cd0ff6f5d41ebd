// The part of the composition root for trying to leave a kiosk: the table of tries that ships with the kiosk's image, its pages, its hand.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { readEscapeTable } from '../core/escape-table.ts';
import type { Trial } from '../core/test-image.ts';
import { openKiosk } from '../trial/kiosk.ts';
import { startTrialPages } from '../trial/page-server.ts';

const TABLE = 'templates/escapes.json';

/** As core's `Trial` says; `root` is the folder of the installed package. BAD_ESCAPE_TABLE when the table can't be used. */
export async function createTrial({ root, clock }: { root: string; clock: Clock }): Promise<Trial> {
  return {
    tries: readEscapeTable(JSON.parse(await readFile(join(root, TABLE), 'utf8'))),
    async servePages(host) {
      const pages = await startTrialPages(host);
      return {
        begin: () => pages.begin(),
        openKiosk: (target, signal) => openKiosk(target, pages, { clock, signal }),
        close: () => pages.close(),
      };
    },
  };
}
