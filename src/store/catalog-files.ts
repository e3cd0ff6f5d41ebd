import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogEntry } from '../core/catalog.ts';
import { parse } from 'yaml';
const size = (t: string) => Number.parseFloat(t) * (t.endsWith('g') ? 1024 ** 3 : 1024 ** 2);
export async function compileCatalog(dir: string): Promise<CatalogEntry[]> {
  return readdirSync(dir).filter((k) => existsSync(join(dir, k, 'image.yaml'))).map((key) => {
    const y = parse(readFileSync(join(dir, key, 'image.yaml'), 'utf8'));
    return { key, title: y.title, description: y.description, source: y.image ? { kind: 'pull', reference: y.image } : { kind: 'template', folder: `templates/images/${key}`, ...(y.build?.extends ? { extends: y.build.extends } : {}) }, ports: y.ports, viewerPath: y.viewer ?? '/', websocketPath: y.websocket ?? '/websockify', variables: y.variables ?? {}, settings: y.settings ?? {}, limits: { cpus: y.limits.cpus, memoryBytes: size(y.limits.memory), pids: y.limits.pids, shmSizeBytes: size(y.limits.shm) }, user: y.user, capabilities: y.capabilities ?? [], tmpfs: y.tmpfs ?? {}, stopGraceSeconds: Number.parseInt(y.stopGrace ?? '5'), ready: y.ready, readyTimeoutSeconds: Number.parseInt(y.readyTimeout), origin: 'built-in' } as CatalogEntry;
  });
}
export async function loadCatalog({ builtIn }: { builtIn: CatalogEntry[]; userDir: string }): Promise<CatalogEntry[]> { return builtIn; }
