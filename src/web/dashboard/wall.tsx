// The wall: live pictures of all screens, so many to a page. Asks for pictures only while the page can be seen.
import { useEffect, useState } from 'preact/hooks';
import type { DesktopRow } from './answers.ts';
import type { Api } from './api.ts';
import { nameOf, type View } from './view.ts';

const SIZES = [1, 4, 9, 16] as const;
type Size = (typeof SIZES)[number];
/** Pixels a picture is asked for in. */
const WIDTHS: Readonly<Record<Size, number>> = { 1: 1280, 4: 800, 9: 560, 16: 420 };
const EVERY_MS = 5_000;
const CHOICE = 'vncctl-wall-size';

export function Wall({ view, api, desktops }: { view: View; api: Api; desktops: readonly DesktopRow[] }) {
  const { words } = view;
  const [size, setSize] = useState<Size>(rememberedSize());
  const [wanted, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(desktops.length / size));
  const page = Math.min(wanted, pages - 1);
  const choose = (next: Size): void => {
    setSize(next);
    setPage(Math.floor((page * size) / next));
    localStorage.setItem(CHOICE, String(next));
  };
  return (
    <section aria-label={words.say('view.wall')} class="wall">
      <div class="filters">
        <div role="group" aria-label={words.say('wall.size')} class="chips">
          <span aria-hidden="true">{words.say('wall.size')}</span>
          {SIZES.map((each) => <button key={each} type="button" aria-pressed={each === size} onClick={() => choose(each)}>{each}</button>)}
        </div>
        {pages > 1 && (
          <div class="pager">
            <button type="button" aria-label={words.say('wall.before')} disabled={page === 0} onClick={() => setPage(page - 1)}>‹</button>
            <span role="status">{words.say('wall.page', { page: page + 1, pages })}</span>
            <button type="button" aria-label={words.say('wall.after')} disabled={page === pages - 1} onClick={() => setPage(page + 1)}>›</button>
          </div>
        )}
      </div>
      {desktops.length === 0 && <p class="empty">{words.say('list.empty')}</p>}
      <div class={`screens of-${size}`}>
        {desktops.slice(page * size, (page + 1) * size).map((row) => <Screen key={row.id} view={view} api={api} row={row} width={WIDTHS[size]} />)}
      </div>
    </section>
  );
}

function Screen({ view: { words }, api, row, width }: { view: View; api: Api; row: DesktopRow; width: number }) {
  const { id, status } = row;
  const image = usePicture(api, id, width);
  const client = nameOf(row);
  const runs = status === 'ready' || status === 'starting' || status === 'failed';
  return (
    <figure class={runs ? undefined : 'still'} data-desktop={id}>
      {image ? <img src={image} alt={words.say('wall.screen', { client })} /> : <p class="no-picture">{words.say('wall.no-picture')}</p>}
      <figcaption><span>{client}</span> <span class={`state ${status}`}>{words.say(`status.${status}`)}</span></figcaption>
    </figure>
  );
}

/** The address of the newest picture, asked for every few seconds. */
function usePicture(api: Api, id: string, width: number): string | undefined {
  const [image, setImage] = useState<string>();
  useEffect(() => {
    const stop = new AbortController();
    let shown = { tag: '', address: '' };
    let asking = false;
    const ask = async (): Promise<void> => {
      if (asking || document.visibilityState !== 'visible') return;
      asking = true;
      try {
        const picture = await api.picture(id, width, stop.signal);
        if (!picture || picture.tag === shown.tag || stop.signal.aborted) return;
        const before = shown.address;
        shown = { tag: picture.tag, address: URL.createObjectURL(picture.image) };
        setImage(shown.address);
        // The one before is still drawn for a moment.
        if (before !== '') setTimeout(() => URL.revokeObjectURL(before), 1_000);
      } catch {
        // The last one stays; the next may come.
      } finally {
        asking = false;
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), EVERY_MS);
    const onVisible = (): void => void ask();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      stop.abort();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
      if (shown.address !== '') URL.revokeObjectURL(shown.address);
    };
  }, [api, id, width]);
  return image;
}

function rememberedSize(): Size {
  return SIZES.find((size) => String(size) === localStorage.getItem(CHOICE)) ?? 4;
}
