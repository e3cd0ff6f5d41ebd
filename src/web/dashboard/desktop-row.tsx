// One desktop of the list. Drawn anew only when something of it has changed: there may be hundreds.
import { Component } from 'preact';
import type { DesktopFigures, DesktopRow } from './answers.ts';
import { clientText, type History, sparkline } from './desktops.ts';
import type { MessageKey } from './i18n.ts';
import { nameOf, type View } from './view.ts';

/** What can be done to a desktop. */
export interface Actions {
  open(row: DesktopRow): void;
  keep(row: DesktopRow): void;
  pause(row: DesktopRow): void;
  wake(row: DesktopRow): void;
  share(row: DesktopRow): void;
  restart(row: DesktopRow): void;
  remove(row: DesktopRow): void;
  undo(row: DesktopRow): void;
}

export interface RowProps {
  view: View;
  row: DesktopRow;
  figures: DesktopFigures | undefined;
  history: History | undefined;
  /** Whether the whole client can be read. */
  shown: boolean;
  onToggle(id: string): void;
  now: number;
  /** Seconds until its removal is sent; absent: it is not being removed. */
  leavesIn: number | undefined;
  actions: Actions | undefined;
}

const GRAPH = { width: 56, height: 16 };

export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return (Object.keys(next) as (keyof RowProps)[]).some((name) => next[name] !== this.props[name]);
  }

  override render() {
    const { view, row, figures, history, now, leavesIn, actions } = this.props;
    const { words, formats } = view;
    const { image, expiresAt, why, status } = row;
    const limit = figures?.memoryLimitBytes ?? null;
    const cell = (column: 'image' | 'viewers' | 'input' | 'expires' | 'cpu' | 'memory') => ({ 'data-label': words.say(`column.${column}`), class: column });
    return (
      <tr class={leavesIn === undefined ? undefined : 'leaving'} data-desktop={row.id} data-status={status}>
        <th scope="row" class="client">{this.#client()}</th>
        <td class="status">
          <span class={`state ${status}`}>{leavesIn === undefined ? words.say(`status.${status}`) : words.say('status.removing', { seconds: leavesIn })}</span>
        </td>
        <td {...cell('image')}>{image}</td>
        <td {...cell('viewers')}>{figures ? (figures.viewers ?? words.say('unknown')) : '–'}</td>
        <td {...cell('input')}>{figures?.lastInputAt ? formats.relative(figures.lastInputAt, now) : '–'}</td>
        <td {...cell('expires')}>
          <span title={expiresAt ? formats.moment(expiresAt, now) : undefined}>{expiresAt ? formats.relative(expiresAt, now) : words.say('never')}</span> <small>{words.named('why', why)}</small>
        </td>
        <td {...cell('cpu')}><Graph values={history?.cpus} most={1} text={figures?.cpus === null || figures?.cpus === undefined ? '–' : formats.share(figures.cpus)} /></td>
        <td {...cell('memory')}><Graph values={history?.memory} most={limit ?? 2 ** 31} text={figures?.memoryBytes === null || figures?.memoryBytes === undefined ? '–' : formats.bytes(figures.memoryBytes)} /></td>
        {actions && <td class="actions">{leavesIn === undefined ? this.#buttons(actions) : this.#button('act.undo', actions.undo, 'primary')}</td>}
      </tr>
    );
  }

  #client() {
    const { view: { words }, row, shown, onToggle } = this.props;
    const masked = nameOf(row);
    // Whoever asked for masks in the settings gets no more from the server.
    if (row.client === null || clientText(row.client, true) === masked) return masked;
    return (
      <button type="button" class="client-name" aria-pressed={shown} title={words.say(shown ? 'client.hide' : 'client.show', { client: masked })} onClick={() => onToggle(row.id)}>
        {clientText(row.client, shown)}
      </button>
    );
  }

  #buttons(actions: Actions) {
    const { view: { words }, row } = this.props;
    const { status } = row;
    const runs = status === 'ready' || status === 'starting' || status === 'failed';
    const isThere = status !== 'lost' && status !== 'exiting';
    return (
      <>
        {isThere && this.#button('act.open', actions.open)}
        {isThere && this.#button('act.keep', actions.keep)}
        {runs && this.#button('act.pause', actions.pause)}
        {status === 'paused' && this.#button('act.wake', actions.wake)}
        <details class="menu" onKeyDown={closeOnEscape} onFocusOut={closeOnLeave}>
          <summary aria-label={words.say('act.of', { action: words.say('act.more'), client: nameOf(row) })}><span aria-hidden="true">⋯</span></summary>
          <div class="menu-items" onClick={({ currentTarget }) => currentTarget.closest('details')?.removeAttribute('open')}>
            {isThere && this.#button('act.share', actions.share)}
            {isThere && this.#button('act.restart', actions.restart)}
            {this.#button('act.remove', actions.remove, 'danger')}
          </div>
        </details>
      </>
    );
  }

  #button(key: MessageKey, act: (row: DesktopRow) => void, kind = '') {
    const { view: { words }, row } = this.props;
    return <button type="button" class={kind} aria-label={words.say('act.of', { action: words.say(key), client: nameOf(row) })} onClick={() => act(row)}>{words.say(key)}</button>;
  }
}

function Graph({ values = [], most, text }: { values: readonly (number | null)[] | undefined; most: number; text: string }) {
  return (
    <span class="graph">
      <svg viewBox={`0 0 ${GRAPH.width} ${GRAPH.height}`} aria-hidden="true"><polyline points={sparkline(values, most, GRAPH)} /></svg>
      <span>{text}</span>
    </span>
  );
}

function closeOnEscape(event: KeyboardEvent): void {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (event.key !== 'Escape' || !menu.open) return;
  menu.open = false;
  menu.querySelector('summary')?.focus();
}

function closeOnLeave(event: FocusEvent): void {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (!menu.contains(event.relatedTarget as Node | null)) menu.open = false;
}
