// The top of the page: where one is, how the machine stands, and what concerns no desktop in particular.
import type { Host } from './answers.ts';
import type { Known } from './live.ts';
import type { View } from './view.ts';

export type Place = 'desktops' | 'wall' | 'events';

const PLACES: readonly Place[] = ['desktops', 'wall', 'events'];

export interface HeaderProps {
  view: View;
  place: Place;
  known: Known;
  mayAct: boolean;
  onNew(): void;
  onSignOut(): void;
}

export function Header({ view, place, known: { live, host }, mayAct, onNew, onSignOut }: HeaderProps) {
  const { words } = view;
  return (
    <header class="top">
      <h1>vncctl</h1>
      <nav aria-label={words.say('views')}>
        {PLACES.map((each) => <a key={each} href={`#${each}`} aria-current={each === place ? 'page' : undefined}>{words.say(`view.${each}`)}</a>)}
      </nav>
      <p class={live ? 'live' : 'live off'} role="status"><span class="dot" aria-hidden="true" />{words.say(live ? 'live.on' : 'live.off')}</p>
      {host && <Capacity view={view} host={host} />}
      <div class="tools">
        {mayAct ? <button type="button" class="primary" onClick={onNew}>{words.say('new')}</button> : <span class="badge">{words.say('view-only')}</span>}
        <button type="button" class="quiet" onClick={onSignOut}>{words.say('sign-out')}</button>
      </div>
    </header>
  );
}

function Capacity({ view: { words, formats }, host: { cpus, load: [load = 0], memoryBytes, freeMemoryBytes } }: { view: View; host: Host }) {
  const used = memoryBytes - freeMemoryBytes;
  const cpuText = words.say('host.cpu', { load: formats.number(load), cpus });
  const memoryText = words.say('host.memory', { used: formats.bytes(used), all: formats.bytes(memoryBytes) });
  return (
    <dl class="capacity" aria-label={words.say('host.label')}>
      <Gauge text={cpuText} share={load / cpus} />
      <Gauge text={memoryText} share={used / memoryBytes} />
    </dl>
  );
}

function Gauge({ text, share }: { text: string; share: number }) {
  return (
    <div class={share > 0.9 ? 'gauge full' : 'gauge'}>
      <dt>{text}</dt>
      <dd aria-hidden="true"><svg viewBox="0 0 100 4" preserveAspectRatio="none"><rect class="room" width="100" height="4" /><rect class="used" width={Math.min(100, share * 100)} height="4" /></svg></dd>
    </div>
  );
}
