// Giving a desktop's screen to somebody else: a link that ends by itself, to be copied.
import { useState } from 'preact/hooks';
import type { DesktopRow } from './answers.ts';
import { type Api, ApiFailure } from './api.ts';
import { Dialog } from './dialog.tsx';
import { nameOf, type View } from './view.ts';

export interface ShareProps {
  view: View;
  api: Api;
  row: DesktopRow;
  now: number;
  onClose(): void;
}

const LENGTHS: readonly { length: string; unit: 'minute' | 'hour'; value: number }[] = [
  { length: '15m', unit: 'minute', value: 15 },
  { length: '1h', unit: 'hour', value: 1 },
  { length: '8h', unit: 'hour', value: 8 },
  { length: '24h', unit: 'hour', value: 24 },
];

export function ShareDialog({ view: { words, formats }, api, row, now, onClose }: ShareProps) {
  const [given, setGiven] = useState<{ url: string; expiresAt: string }>();
  const [failure, setFailure] = useState<string>();
  const [copied, setCopied] = useState(false);
  const make = async (data: FormData): Promise<void> => {
    try {
      setGiven(await api.share({ desktop: row.id, mode: data.get('mode') === 'full' ? 'full' : 'view-only', for: String(data.get('for')) }));
    } catch (error) {
      setFailure(error instanceof ApiFailure ? error.message : String(error));
    }
  };
  const lengthText = (unit: 'minute' | 'hour', value: number): string => new Intl.NumberFormat(words.language, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
  return (
    <Dialog title={`${words.say('share.title')}: ${nameOf(row)}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make(new FormData(event.currentTarget));
        }}
      >
        <fieldset class="row">
          <legend>{words.say('share.mode')}</legend>
          {(['view-only', 'full'] as const).map((mode) => <label key={mode} class="choice"><input type="radio" name="mode" value={mode} defaultChecked={mode === 'view-only'} /><span>{words.say(`share.${mode}`)}</span></label>)}
        </fieldset>
        <label class="field"><span>{words.say('share.for')}</span>
          <select name="for">{LENGTHS.map(({ length, unit, value }) => <option key={length} value={length}>{lengthText(unit, value)}</option>)}</select>
        </label>
        {failure !== undefined && <p class="failure" role="alert">{failure}</p>}
        {given && (
          <>
            <label class="field"><span>{words.say('share.link')}</span><input readOnly value={given.url} onFocus={({ currentTarget }) => currentTarget.select()} /></label>
            <p><small>{words.say('share.until', { time: formats.moment(given.expiresAt, now) })}</small></p>
          </>
        )}
        <div class="ends">
          <button type="button" onClick={onClose}>{words.say('close')}</button>
          {given ? (
            <button type="button" class="primary" onClick={() => void copy(given.url).then(setCopied)}>{words.say(copied ? 'share.copied' : 'share.copy')}</button>
          ) : (
            <button type="submit" class="primary">{words.say('share.make')}</button>
          )}
          <span role="status" class="unseen">{copied && words.say('share.copied')}</span>
        </div>
      </form>
    </Dialog>
  );
}

/** Whether it is on the clipboard now: browsers give pages by plain HTTP of other machines none. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
