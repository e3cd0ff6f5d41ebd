// The page as a whole: what is known, which view is open, what was said, and what can be done to a desktop.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { DesktopRow } from './answers.ts';
import { type Api, ApiFailure } from './api.ts';
import { DesktopList } from './desktop-list.tsx';
import { followStream } from './event-stream.ts';
import { EventList } from './event-list.tsx';
import { Header, type Place } from './header.tsx';
import { createLive, type Known } from './live.ts';
import { NewDesktopDialog } from './new-desktop.tsx';
import { createRemovals } from './removals.ts';
import type { Actions } from './desktop-row.tsx';
import { ShareDialog } from './share.tsx';
import { SignIn } from './sign-in.tsx';
import { type Note, Notes } from './notes.tsx';
import { nameOf, type View } from './view.ts';
import { Wall } from './wall.tsx';

export interface AppProps {
  api: Api;
  /** Whether the ticket of the link was taken; true where there was none. */
  signingIn: Promise<boolean>;
  view: View;
}

const CLOCK_MS = 1_000;
const NOTE_MS = 6_000;

export function App({ api, signingIn, view }: AppProps) {
  const { words } = view;
  const [known, setKnown] = useState<Known>();
  const [refused, setRefused] = useState(false);
  const [place, setPlace] = useState(placeIn(location.hash));
  const [now, setNow] = useState(Date.now());
  const [notes, setNotes] = useState<readonly Note[]>([]);
  const [pending, setPending] = useState<ReadonlyMap<string, number>>(new Map());
  const [sharing, setSharing] = useState<DesktopRow>();
  const [creating, setCreating] = useState(false);

  const live = useMemo(() => createLive({ api, follow: (listener) => followStream({ ask: api.events, listener, setTimer: (action, delayMs) => setTimeout(action, delayMs), clearTimer: (timer) => clearTimeout(timer as number) }), isVisible: () => document.visibilityState === 'visible', onChange: setKnown }), [api]);

  const { say, dismiss } = useMemo(() => {
    let last = 0;
    const dismiss = (id: number): void => setNotes((present) => present.filter((note) => note.id !== id));
    return {
      dismiss,
      say(note: Omit<Note, 'id'>): void {
        const id = ++last;
        setNotes((present) => [...present, { ...note, id }].slice(-4));
        // What went wrong, and what can be done from there, stays until somebody has seen it.
        if (!note.failure && !note.open) setTimeout(() => dismiss(id), NOTE_MS);
      },
    };
  }, []);

  const actions = useMemo((): Actions & { leave(): void } => {
    const fail = (error: unknown): void => {
      if (error instanceof ApiFailure && error.status === 404) return live.look();
      const hint = error instanceof ApiFailure && error.hint ? ` (${error.hint})` : '';
      say({ text: words.say('failed', { why: `${error instanceof Error ? error.message : String(error)}${hint}` }), failure: true });
    };
    const removals = createRemovals({
      send: (id, leaving) => void api.remove(id, leaving).then(live.look, fail),
      now: () => Date.now(),
      after(ms, work) {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
      onChange: () => setPending(removals.pending),
    });
    return {
      leave: () => removals.leave(),
      open({ id }) {
        // At once, or the browser takes it for something that nobody asked for.
        const tab = window.open('about:blank', '_blank');
        if (tab) tab.opener = null;
        api.open(id).then(
          (url) => void (tab ? tab.location.replace(url) : say({ text: url, open: url })),
          (error: unknown) => {
            tab?.close();
            fail(error);
          },
        );
      },
      keep: (row) => void api.act(row.id, 'touch').then(() => say({ text: words.say('said.kept', { client: nameOf(row) }) }), fail),
      pause: ({ id }) => void api.act(id, 'pause').catch(fail),
      wake: ({ id }) => void api.act(id, 'wake').catch(fail),
      restart: ({ id }) => void api.act(id, 'restart').catch(fail),
      share: setSharing,
      remove(row) {
        removals.begin(row.id);
        say({ text: words.say('said.removing', { client: nameOf(row) }) });
      },
      undo(row) {
        removals.undo(row.id);
        say({ text: words.say('said.undone', { client: nameOf(row) }) });
      },
    };
  }, [api, live, say, words]);

  useEffect(() => {
    document.title = `${words.say('title')} – vncctl`;
    void signingIn.then((taken) => {
      setRefused(!taken);
      live.start();
    });
    const onHash = (): void => setPlace(placeIn(location.hash));
    const clock = setInterval(() => document.visibilityState === 'visible' && setNow(Date.now()), CLOCK_MS);
    addEventListener('hashchange', onHash);
    addEventListener('pagehide', actions.leave);
    return () => {
      live.stop();
      clearInterval(clock);
      removeEventListener('hashchange', onHash);
      removeEventListener('pagehide', actions.leave);
    };
  }, [live, actions, signingIn, words]);

  if (!known || known.signedIn !== 'yes') return <SignIn view={view} busy={known?.signedIn !== 'no'} refused={refused} />;
  const { desktops, scope } = known;
  const mayAct = scope === 'operate' || scope === 'admin';
  const signOut = (): void => void api.signOut().then(() => location.reload(), () => location.reload());
  return (
    <>
      <a class="skip" href="#main">{words.say('skip')}</a>
      <Header view={view} place={place} known={known} mayAct={mayAct} onNew={() => setCreating(true)} onSignOut={signOut} />
      <main id="main" tabIndex={-1}>
        {place === 'desktops' && <DesktopList view={view} known={known} now={now} pending={pending} actions={mayAct ? actions : undefined} />}
        {place === 'wall' && <Wall view={view} api={api} desktops={desktops ?? []} />}
        {place === 'events' && <EventList view={view} events={known.events} now={now} />}
      </main>
      {sharing && <ShareDialog view={view} api={api} row={sharing} now={now} onClose={() => setSharing(undefined)} />}
      {creating && <NewDesktopDialog view={view} api={api} onClose={() => setCreating(false)} onReady={(text, open) => say({ text, open })} onFailed={(text) => say({ text, failure: true })} />}
      <Notes view={view} notes={notes} onDismiss={dismiss} />
    </>
  );
}

function placeIn(hash: string): Place {
  return hash === '#wall' ? 'wall' : hash === '#events' ? 'events' : 'desktops';
}
