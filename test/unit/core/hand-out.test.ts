import { expect, test } from 'vitest';
import { handOut, type UpAsk, type UpReport } from '../../../src/core/hand-out.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeTickets } from '../../support/fake-tickets.ts';
import { ANA, createTestDesktops, LOCAL_GATEWAY } from '../../support/test-desktops.ts';

function stand() {
  const t = createTestDesktops({ gateway: LOCAL_GATEWAY });
  const tickets = createFakeTickets();
  const tools = { desktops: t.desktops, catalog: t.desktops.catalog, defaults: { image: t.entry.key }, tickets: async () => tickets };
  const give = (words: UpAsk['words'] = {}, signal = new AbortController().signal): Promise<UpReport> => handOut(tools, { client: ANA, words }, { signal, getImage: async () => {} });
  return { ...t, tickets, give };
}

test('the link of a desktop that is there already is made before it has answered, and is the one that is told', async () => {
  const t = stand();
  const { id } = await t.give();
  t.tickets.all = [];
  t.probe.reaches = 'running';
  const asked = new AbortController();
  const waiting = t.give({}, asked.signal);
  await eventually(() => t.tickets.all.length === 1);
  asked.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  t.probe.reaches = 'page';
  const again = await t.give();
  expect(again).toMatchObject({ id, outcome: 'reused', door: 'gateway', url: expect.stringMatching(new RegExp(`^http://127\\.0\\.0\\.1:8080/d/${id}/#ticket=`)) as string });
  expect(t.tickets.all).toHaveLength(2);
});

test('whoever asks for its own port is made no ticket', async () => {
  const t = stand();
  await t.give({ direct: true });
  expect(await t.give({ direct: true })).toMatchObject({ outcome: 'reused', door: 'direct' });
  expect(t.tickets.all).toEqual([]);
});

test('a ticket that can not be made fails what it was for, though the desktop is there', async () => {
  const t = stand();
  await t.give();
  t.tickets.update = () => Promise.reject(new Error('the disk is full'));
  await expect(t.give()).rejects.toThrow('the disk is full');
});
