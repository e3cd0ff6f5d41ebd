// What clients of the provider of curated desktops ask: a desktop for a `uid`, and the WebSocket of its screen. They read `url` and
// `uid`, or `details` of what kept them from it. A reserved word in the place of the uid (`allocate`) asks for a new one each time.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isReservedWord } from '../../core/client-id.ts';
import type { Desktop } from '../../core/desktop.ts';
import { findDesktop, listDesktops } from '../../core/list.ts';
import { noDoor } from '../../core/link.ts';
import { useDesktop } from '../../core/touch.ts';
import { VncctlError } from '../../errors.ts';
import { CREATIONS, giveDesktop } from '../desktops.ts';
import { readClient, spelled } from '../named.ts';
import type { ApiParts } from '../parts.ts';
import { type ApiRoute, route } from '../route.ts';
import type { ScreenAddresses } from './screen-addresses.ts';

const tag = 'Dialects';
const UID = z.strictObject({ uid: z.string().min(1).max(200) });
const ANY = z.record(z.string(), z.unknown());

const failure: NonNullable<ApiRoute['failure']> = ({ status, body }) => ({ status, body: { details: body.error.message } });

export function curatedDesktopsRoutes(parts: ApiParts & { screens: ScreenAddresses }): ApiRoute[] {
  const isThere = ({ container, status }: Desktop): boolean => container !== undefined && status !== 'exiting';
  const urlsOf = async (found: readonly Desktop[]): Promise<{ uid: string; url: string }[]> => {
    const { gateway } = await parts.desktops();
    const addresses = await parts.screens.of(gateway, found.map(({ id }) => id));
    return found.flatMap(({ id, client }) => {
      const [uid, url] = [spelled(parts, client), addresses.get(id)?.ws];
      return uid === undefined || url === undefined ? [] : [{ uid, url }];
    });
  };

  return [
    route({
      method: 'GET',
      path: '/api/vm',
      access: 'operate',
      tag,
      summary: 'all that are there',
      hidden: true,
      failure,
      answer: { schema: z.array(ANY), about: 'url and uid of each' },
      handle: async ({ signal }) => urlsOf((await listDesktops(await parts.desktops(), { signal })).filter(isThere)),
    }),
    route({
      method: 'POST',
      path: '/api/vm/any/{uid}',
      access: 'operate',
      tag,
      summary: 'makes it, starts it again, or finds it',
      hidden: true,
      changes: true,
      failure,
      params: UID,
      gate: CREATIONS,
      long: 'create',
      answer: { schema: ANY, about: 'its url and uid' },
      async handle(call) {
        const uid = isReservedWord(call.params.uid) ? newUid(parts, call.params.uid) : call.params.uid;
        const { result } = await giveDesktop(parts, call, uid, {});
        const [found] = await urlsOf([result.desktop]);
        if (!found) throw noDoor(result.desktop, true);
        return { url: found.url, uid };
      },
    }),
    route({
      method: 'GET',
      path: '/api/vm/ws/{uid}',
      access: 'operate',
      tag,
      summary: 'where its screen is',
      hidden: true,
      changes: true,
      failure,
      params: UID,
      answer: { schema: ANY, about: 'its url and uid; details where there is none' },
      async handle({ params: { uid }, signal }) {
        if (isReservedWord(uid)) return { details: `no container exists for ${uid}` };
        const desktops = await parts.desktops();
        const { id: client } = readClient(parts, uid);
        const desktop = findDesktop(await listDesktops(desktops, { signal }), client, desktops);
        // As it always was: no failure, but an answer.
        if (!desktop || !isThere(desktop)) return { details: `no container exists for ${uid}` };
        const [found] = await urlsOf([desktop]);
        if (!found) throw noDoor(desktop, true);
        await useDesktop(desktops, client);
        return { url: found.url, uid };
      },
    }),
  ];
}

/** A uid that no client has. USAGE where only people have desktops. */
function newUid({ settings }: ApiParts, word: string): string {
  if (settings().clientIds === 'any') return randomUUID();
  throw new VncctlError('USAGE', `whose desktop is it? A CPF is expected in the place of "${word}", since the setting clientIds takes no other ids`, {
    hint: 'vncctl config set clientIds any',
  });
}
