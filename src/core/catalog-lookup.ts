// Finds catalog entries by key, and makes one up for an image given by reference (the ancestors' VNC_IMAGE).
import type { CatalogEntry } from './catalog.ts';
import type { Catalog } from './desktops.ts';
import { MAX_SIZE_DEFAULT } from './size.ts';

/** A catalog over the given entries. A word with "/" or ":" is an image reference: known ones lead to their entry, others to one with the conventions of the kiosk images that vncctl descends from. */
export function createCatalog(entries: readonly CatalogEntry[], options: { containerPort: number }): Catalog {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  return {
    entries,
    find(word) {
      const known = byKey.get(word) ?? entries.find(({ source }) => source.kind === 'pull' && source.reference === word);
      if (known || !/[/:]/.test(word)) return known;
      return entryOfReference(word, options.containerPort);
    },
  };
}

function entryOfReference(reference: string, webPort: number): CatalogEntry {
  return {
    key: reference,
    title: reference,
    description: 'an image given by reference',
    source: { kind: 'pull', reference },
    ports: { web: webPort },
    viewerPath: '/',
    websocketPath: '/websockify',
    variables: { app: 'APPNAME', width: 'WIDTH', height: 'HEIGHT' },
    settings: {},
    needsBytes: 256 * 1024 ** 2,
    limits: { cpus: 2, memoryBytes: 2 * 1024 ** 3, pids: 1024, shmSizeBytes: 512 * 1024 ** 2 },
    maxSize: MAX_SIZE_DEFAULT,
    lease: {},
    user: 'image',
    // What a supervisor that starts as root needs to hand its children over to other users.
    capabilities: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID'],
    tmpfs: {},
    init: 'engine',
    stopGraceSeconds: 5,
    ready: 'rfb',
    readyTimeoutSeconds: 120,
    settleSeconds: 0,
    origin: 'the setting image',
  };
}
