// What happened to desktops, and why.
import type { LifeEventRow } from './answers.ts';
import { nameOf, type View } from './view.ts';

export function EventList({ view: { words, formats }, events, now }: { view: View; events: readonly LifeEventRow[] | undefined; now: number }) {
  if (!events || events.length === 0) return <p class="empty">{events === undefined ? '…' : words.say('events.empty')}</p>;
  return (
    <ol class="events" aria-label={words.say('events.list')}>
      {events.map(({ at, event, desktop, client, cause }) => (
        <li key={`${at} ${event} ${desktop}`}>
          <time dateTime={at}>{formats.moment(at, now)}</time>
          <span class={`event ${event}`}>{words.named('event', event)}</span>
          <span>{nameOf({ client, id: desktop })}</span>
          <span class="cause">{cause}</span>
        </li>
      ))}
    </ol>
  );
}
