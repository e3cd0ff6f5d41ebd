// Making a desktop: whose, of which image, and what else may be chosen. Follows the work until it is done, also where the dialog
// is closed before.
import { useEffect, useState } from 'preact/hooks';
import type { ImageRow, OperationRow } from './answers.ts';
import { type Api, ApiFailure, type NewDesktop } from './api.ts';
import { clientText } from './desktops.ts';
import { Dialog } from './dialog.tsx';
import type { View } from './view.ts';

export interface NewDesktopProps {
  view: View;
  api: Api;
  onClose(): void;
  /** It is there: a sentence, and its link. */
  onReady(text: string, link: string | undefined): void;
  /** It isn't: told where the dialog was closed. */
  onFailed(text: string): void;
}

const ASK_EVERY_MS = 500;

export function NewDesktopDialog({ view: { words }, api, onClose, onReady, onFailed }: NewDesktopProps) {
  const [images, setImages] = useState<readonly ImageRow[]>();
  const [chosen, setChosen] = useState<string>();
  const [work, setWork] = useState<OperationRow | 'asked'>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    Promise.all([api.images(), api.defaultImage()]).then(
      ([all, usual]) => {
        setImages(all);
        setChosen(all.some(({ key }) => key === usual) ? usual : all[0]?.key);
      },
      (error: unknown) => setFailure(textOf(error)),
    );
  }, [api]);

  const submit = async (form: HTMLFormElement): Promise<void> => {
    setFailure(undefined);
    setWork('asked');
    let state: OperationRow;
    try {
      state = await api.create(wishIn(new FormData(form)));
      while (state.status === 'running') {
        setWork(state);
        await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
        state = await api.operation(state.id);
      }
      if (state.error) throw new ApiFailure(0, state.error);
    } catch (error) {
      setWork(undefined);
      setFailure(textOf(error));
      if (!form.isConnected) onFailed(words.say('failed', { why: textOf(error) }));
      return;
    }
    const { client, url } = state.result as { client: string | null; url: string | null };
    onReady(words.say('said.ready', { client: clientText(client, false) }), url ?? undefined);
    if (form.isConnected) onClose();
  };

  const field = (name: 'client' | 'url' | 'size' | 'cpus' | 'memory', help?: 'new.client.help' | 'new.url.help' | 'new.size.help' | 'new.memory.help', attributes: object = {}) => (
    <label class={`field ${name}`}>
      <span>{words.say(`new.${name}`)}</span>
      <input name={name} autocomplete="off" spellcheck={false} {...attributes} />
      {help && <small>{words.say(help)}</small>}
    </label>
  );
  const phase = work !== undefined && work !== 'asked' ? work.phases.at(-1) : undefined;
  return (
    <Dialog title={words.say('new')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        {field('client', 'new.client.help', { required: true })}
        <fieldset>
          <legend>{words.say('new.image')}</legend>
          {images?.map(({ key, title, description, state }) => (
            <label key={key} class="choice">
              <input type="radio" name="image" value={key} checked={key === chosen} onChange={() => setChosen(key)} />
              <span><b>{title}</b> <small>{key}{state === 'missing' ? ` – ${words.say('new.image.missing')}` : ''}</small><br />{description}</span>
            </label>
          ))}
        </fieldset>
        {field('url', 'new.url.help', { type: 'url' })}
        <div class="row">
          {field('size', 'new.size.help', { pattern: String.raw`\d+x\d+` })}
          {field('cpus', undefined, { type: 'number', min: 0.1, step: 0.1 })}
          {field('memory', 'new.memory.help', { pattern: String.raw`\d+[bkmgBKMG]?` })}
        </div>
        {failure !== undefined && <p class="failure" role="alert">{failure}</p>}
        <p role="status" class="progress">
          {work !== undefined && words.say('new.creating')} {phase && words.say('new.phase', { name: phase.name, ms: Math.round(phase.ms) })}
        </p>
        <div class="ends">
          <button type="button" onClick={onClose}>{words.say(work === undefined ? 'cancel' : 'close')}</button>
          <button type="submit" class="primary" disabled={work !== undefined || images === undefined}>{words.say('new.create')}</button>
        </div>
      </form>
    </Dialog>
  );
}

function wishIn(data: FormData): NewDesktop {
  const text = (name: string): string => String(data.get(name) ?? '').trim();
  const given = (name: 'url' | 'size' | 'memory'): object => (text(name) === '' ? {} : { [name]: text(name) });
  return { client: text('client'), image: text('image'), ...given('url'), ...given('size'), ...given('memory'), ...(text('cpus') === '' ? {} : { cpus: Number(text('cpus')) }) };
}

function textOf(error: unknown): string {
  const hint = error instanceof ApiFailure && error.hint ? ` – ${error.hint}` : '';
  return `${error instanceof Error ? error.message : String(error)}${hint}`;
}
