// All desktops, one below the other: found by a word or a status, each with what can be done to it.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Status } from './answers.ts';
import { type Actions, Row } from './desktop-row.tsx';
import { countByStatus, findRows } from './desktops.ts';
import type { Known } from './live.ts';
import type { View } from './view.ts';

export interface DesktopListProps {
  view: View;
  known: Known;
  now: number;
  /** Those whose removal can still be taken back, and when it is sent. */
  pending: ReadonlyMap<string, number>;
  /** Absent: whoever looks may only look. */
  actions: Actions | undefined;
}

const STATUSES: readonly Status[] = ['ready', 'starting', 'paused', 'stopped', 'exiting', 'failed', 'lost'];
const COLUMNS = ['client', 'status', 'image', 'viewers', 'input', 'expires', 'cpu', 'memory'] as const;
/** Rows that are drawn in one go: hundreds at once would keep the page from answering. */
const AT_ONCE = 20;
/** How often what is told relative to now is drawn anew. */
const MOMENT_MS = 10_000;

export function DesktopList({ view, known: { desktops, figures, histories }, now, pending, actions }: DesktopListProps) {
  const { words } = view;
  const [search, setSearch] = useState('');
  const [status, setStatus] = useState<Status | 'all'>('all');
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  const [drawn, setDrawn] = useState(AT_ONCE);
  const toggle = useMemo(() => (id: string): void => setShown((before) => (before.has(id) ? new Set([...before].filter((other) => other !== id)) : new Set([...before, id]))), []);
  const all = desktops ?? [];
  const counts = countByStatus(all);
  const rows = findRows(all, search, status);
  useEffect(() => setDrawn(AT_ONCE), [search, status]);
  useEffect(() => {
    if (drawn >= rows.length) return;
    const frame = requestAnimationFrame(() => setDrawn(drawn + AT_ONCE));
    return () => cancelAnimationFrame(frame);
  }, [drawn, rows.length]);
  const moment = now - (now % MOMENT_MS);
  return (
    <section aria-label={words.say('title')}>
      <div class="filters">
        <input type="search" value={search} placeholder={words.say('search')} aria-label={words.say('search')} onInput={({ currentTarget }) => setSearch(currentTarget.value)} />
        <div role="group" aria-label={words.say('filter.label')} class="chips">
          {(['all', ...STATUSES] as const)
            .filter((each) => each === 'all' || counts[each] !== undefined || each === status)
            .map((each) => (
              <button key={each} type="button" aria-pressed={each === status} onClick={() => setStatus(each)}>
                {each === 'all' ? words.say('filter.all') : words.say(`status.${each}`)} <span class="count">{each === 'all' ? all.length : (counts[each] ?? 0)}</span>
              </button>
            ))}
        </div>
      </div>
      {rows.length === 0 ? (
        <p class="empty">{desktops === undefined ? '…' : words.say(all.length === 0 ? 'list.empty' : 'list.none')}</p>
      ) : (
        <table class="desktops">
          <thead>
            <tr>
              {COLUMNS.map((column) => <th key={column} scope="col" class={column}>{words.say(`column.${column}`)}</th>)}
              {actions && <th scope="col" class="actions"><span class="unseen">{words.say('column.actions')}</span></th>}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, drawn).map((row) => {
              const removedAt = pending.get(row.id);
              return (
                <Row
                  key={row.id}
                  view={view}
                  row={row}
                  figures={figures.get(row.id)}
                  history={histories.get(row.id)}
                  shown={shown.has(row.id)}
                  onToggle={toggle}
                  now={moment}
                  leavesIn={removedAt === undefined ? undefined : Math.max(0, Math.ceil((removedAt - now) / 1000))}
                  actions={actions}
                />
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}
