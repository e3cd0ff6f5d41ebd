// What whoever isn't signed in sees: how to.
import type { View } from './view.ts';

export function SignIn({ view: { words }, busy, refused }: { view: View; busy: boolean; refused: boolean }) {
  return (
    <main class="sign-in">
      <h1>{busy ? words.say('sign-in.busy') : words.say('sign-in.title')}</h1>
      {!busy && (
        <>
          {refused && <p role="alert">{words.say('sign-in.refused')}</p>}
          <p>{words.say('sign-in.how')}</p>
          <p><code>vncctl dashboard</code></p>
        </>
      )}
    </main>
  );
}
