import { expect, test } from 'vitest';
import { admitViewer, placesOf, type SeatedViewer, type ViewerPlace } from '../../../src/gateway/viewer-places.ts';

interface Seated extends SeatedViewer {
  place: ViewerPlace;
}

let heardAtMs = 0;
const sit = (place: ViewerPlace, viewOnly = true): Seated => ({ place, viewOnly, holds: { counts: placesOf(place), heardAtMs: ++heardAtMs } });

/** Comes in as long as there is a place; returns what became of each. */
function come(seated: Seated[], count: number, place: ViewerPlace, { most = 1_000, viewOnly = true } = {}): string[] {
  return Array.from({ length: count }, () => {
    const answer = admitViewer(seated, place, most);
    if (!answer.isAdmitted) return answer.full;
    if (answer.evicts) seated.splice(seated.indexOf(answer.evicts.viewer), 1);
    seated.push(sit(place, viewOnly));
    return answer.evicts ? `instead of ${answer.evicts.viewer.place.ticket}` : 'in';
  });
}

const countOf = (all: readonly string[], one: string): number => all.filter((each) => each === one).length;

test('one share takes a quarter of all places and no more', () => {
  const seated: Seated[] = [];
  const became = come(seated, 1_000, { desktop: 'd', address: '192.0.2.1', ticket: 'a' });
  expect([countOf(became, 'in'), countOf(became, 'ticket')]).toEqual([250, 750]);
});

test('one address and one desktop take half of them', () => {
  const seated: Seated[] = [];
  for (let ticket = 0; ticket < 4; ticket++) come(seated, 250, { desktop: `d${ticket}`, address: '2001:db8::1', ticket: `t${ticket}` });
  expect(seated).toHaveLength(500);
  expect(come(seated, 1, { desktop: 'd', address: '2001:db8::2', ticket: 'n' })).toEqual(['address']);
  const other: Seated[] = [];
  for (let ticket = 0; ticket < 4; ticket++) come(other, 250, { desktop: 'd', address: `192.0.2.${ticket}`, ticket: `t${ticket}` });
  expect(other).toHaveLength(500);
  expect(come(other, 1, { desktop: 'd', address: '192.0.2.9', ticket: 'n' })).toEqual(['desktop']);
});

test('where all places are taken, another ticket gets one of those that hold more', () => {
  const seated: Seated[] = [];
  for (let ticket = 0; ticket < 4; ticket++) come(seated, 250, { desktop: `d${ticket}`, address: '127.0.0.1', ticket: `t${ticket}` });
  expect(seated).toHaveLength(1_000);
  expect(come(seated, 3, { desktop: 'mine', address: '127.0.0.1', ticket: 'own' }, { viewOnly: false })).toEqual(['instead of t0', 'instead of t1', 'instead of t2']);
  expect(seated).toHaveLength(1_000);
  // Those who come again get back what they have fewer of, and take nothing from the one who has least.
  come(seated, 500, { desktop: 'd0', address: '127.0.0.1', ticket: 't0' });
  expect(seated.filter(({ place }) => place.ticket === 'own')).toHaveLength(3);
});

test('where each ticket holds one place, the newcomer is turned away', () => {
  const seated = Array.from({ length: 40 }, (_, place) => sit({ desktop: `d${place}`, address: '127.0.0.1', ticket: `t${place}` }));
  expect(come(seated, 1, { desktop: 'n', address: '127.0.0.1', ticket: 'n' }, { most: 40 })).toEqual(['all']);
});

test('a class looks through one link, however few places there are', () => {
  const seated: Seated[] = [];
  const became = come(seated, 40, { desktop: 'd', address: '192.0.2.1', ticket: 'a' }, { most: 64 });
  expect([countOf(became, 'in'), countOf(became, 'ticket')]).toEqual([32, 8]);
});
