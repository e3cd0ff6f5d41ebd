// What clients of the orchestrator of kiosks ask: five addresses, all by GET, each person named by `?id=`.
import { z } from 'zod';
import { formatClientId } from '../../core/client-id.ts';
import type { Desktop } from '../../core/desktop.ts';
import type { Desktops } from '../../core/desktops.ts';
import { containerName } from '../../core/identity.ts';
import { findDesktop, desktopNotFound, listDesktops } from '../../core/list.ts';
import { noDoor } from '../../core/link.ts';
import { removeDesktops, removeUnusedNetworks } from '../../core/remove.ts';
import { VncctlError } from '../../errors.ts';
import { CREATIONS, giveDesktop } from '../desktops.ts';
import { readClient, spelled } from '../named.ts';
import type { ApiParts } from '../parts.ts';
import { type ApiRoute, RawAnswer, route } from '../route.ts';

const tag = 'Dialects';
const CAUSE = 'removed by a client of the kiosk orchestrator';
// What they send beside is read over, as it always was.
const ONE = z.looseObject({ id: z.string().max(200).optional() });
const ACCESS = z.looseObject({ id: z.string().max(200).optional(), width: z.string().max(10).optional(), height: z.string().max(10).optional() });
const ANY = z.record(z.string(), z.unknown());

const failure: NonNullable<ApiRoute['failure']> = ({ status, body }) => ({ status, body: { error: body.error.message } });

export function kioskOrchestratorRoutes(parts: ApiParts): ApiRoute[] {
  const recordOf = (desktops: Desktops, desktop: Desktop) => {
    const client = spelled(parts, desktop.client);
    return {
      client_id: client === undefined ? null : formatClientId(client),
      container_id: desktop.container?.id.slice(0, 12) ?? null,
      // As that system named them, whatever the container is called: its clients know no other name.
      container_name: desktop.container ? containerName(desktops.installation.prefix, desktops.installation.instance, client ?? desktop.clientKey) : null,
      port: desktop.hostPort ?? gatewayPort(desktops),
      created_at: localTime(desktop.createdAt),
      last_accessed_at: localTime(desktop.lastUsedAt ?? desktop.createdAt),
    };
  };
  const present = async (desktops: Desktops, signal: AbortSignal): Promise<Desktop[]> => (await listDesktops(desktops, { signal })).filter(({ container }) => container !== undefined);

  return [
    route({
      method: 'GET',
      path: '/access',
      access: 'operate',
      tag,
      summary: "leads to the client's desktop, made if there is none",
      hidden: true,
      changes: true,
      failure,
      query: ACCESS,
      gate: CREATIONS,
      long: 'create',
      answer: { type: 'text/plain', about: 'the desktop can be seen' },
      async handle(call) {
        const { id, width, height } = call.query;
        const desktops = await parts.desktops();
        const size = sizeOf(desktops, width, height);
        const { result, link } = await giveDesktop(parts, call, required(id), size === undefined ? {} : { size });
        if (!link) throw noDoor(result.desktop, true);
        return new RawAnswer({ status: 302, headers: { location: link.url, 'cache-control': 'no-store' } });
      },
    }),
    route({
      method: 'GET',
      path: '/status',
      access: 'read',
      tag,
      summary: 'all containers',
      hidden: true,
      failure,
      answer: { schema: ANY, about: 'all of them' },
      async handle({ signal }) {
        const desktops = await parts.desktops();
        const records = (await present(desktops, signal)).map((desktop) => recordOf(desktops, desktop));
        const { min, max } = desktops.installation.ports;
        return { active_containers: records.length, max_slots: max - min + 1, records };
      },
    }),
    route({
      method: 'GET',
      path: '/remove',
      access: 'operate',
      tag,
      summary: "removes a client's container",
      hidden: true,
      changes: true,
      failure,
      query: ONE,
      answer: { schema: ANY, about: 'it is gone' },
      async handle({ query, signal }) {
        const desktops = await parts.desktops();
        const { id: client } = readClient(parts, required(query.id));
        const desktop = findDesktop(await listDesktops(desktops, { signal }), client, desktops);
        if (!desktop) throw desktopNotFound(client);
        const { client_id, container_id, port } = recordOf(desktops, { ...desktop, client });
        for (const { error } of await removeDesktops(desktops, [desktop], { signal, cause: CAUSE })) if (error !== undefined) throw error;
        return { status: 'removed', client_id, container_id, port };
      },
    }),
    route({
      method: 'GET',
      path: '/remove-all',
      access: 'admin',
      tag,
      summary: 'removes all containers',
      hidden: true,
      changes: true,
      failure,
      answer: { schema: ANY, about: 'how many' },
      async handle({ signal }) {
        const desktops = await parts.desktops();
        const removals = await removeDesktops(desktops, await listDesktops(desktops, { signal }), { signal, cause: CAUSE });
        for (const { error } of removals) if (error !== undefined) throw error;
        await removeUnusedNetworks(desktops);
        return { status: 'removed_all', removed: removals.length };
      },
    }),
  ];
}

function required(id: string | undefined): string {
  if (id === undefined || id.trim() === '') throw new VncctlError('USAGE', 'Missing required parameter: id');
  return id;
}

/** One side alone goes with the other as the settings have it. */
function sizeOf({ installation }: Desktops, width: string | undefined, height: string | undefined): string | undefined {
  if (width === undefined && height === undefined) return undefined;
  const { size } = installation.defaults;
  return `${width ?? size?.width ?? ''}x${height ?? size?.height ?? ''}`;
}

/** The port under which a desktop is reached that has none of its own. */
function gatewayPort({ gateway }: Desktops): number | null {
  if (gateway === undefined) return null;
  return gateway.port === '' ? (gateway.scheme === 'https' ? 443 : 80) : Number(gateway.port);
}

// As Python writes a time without a zone; this one is UTC.
function localTime(at: string): string {
  return new Date(at).toISOString().replace('Z', '000');
}
