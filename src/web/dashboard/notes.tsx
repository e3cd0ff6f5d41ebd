// What the page says of what was done, at its bottom: read out, and gone after a while unless it needs an answer.
import type { View } from './view.ts';

export interface Note {
  id: number;
  text: string;
  failure?: boolean;
  /** A link that opens once: offered to be opened. */
  open?: string | undefined;
}

export function Notes({ view: { words }, notes, onDismiss }: { view: View; notes: readonly Note[]; onDismiss(id: number): void }) {
  return (
    <div class="notes" role="status">
      {notes.map(({ id, text, failure, open }) => (
        <div key={id} class={failure ? 'note failure' : 'note'}>
          <p>{text}</p>
          {open !== undefined && <a class="button" href={open} target="_blank" rel="noopener noreferrer" onClick={() => onDismiss(id)}>{words.say('act.open')}</a>}
          {(failure || open !== undefined) && <button type="button" class="quiet" onClick={() => onDismiss(id)}>{words.say('said.dismiss')}</button>}
        </div>
      ))}
    </div>
  );
}
