// The dashboard: trades the ticket of its link for a session, and shows the page.
import { render } from 'preact';
import { createApi } from './api.ts';
import { App } from './app.tsx';
import { formatsFor } from './formats.ts';
import { wordsFor } from './i18n.ts';
import { tabHalf } from './session-half.ts';

const words = wordsFor(navigator.languages);
document.documentElement.lang = words.language;

const api = createApi(globalThis.fetch.bind(globalThis), tabHalf(() => sessionStorage), () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
// Out of the address at once: it would be in the history, and in what somebody copies.
if (ticket !== null) history.replaceState(null, '', `${location.pathname}${location.search}`);
const signingIn = ticket === null ? Promise.resolve(true) : api.signIn(ticket).catch(() => false);

render(<App api={api} signingIn={signingIn} view={{ words, formats: formatsFor(words.language) }} />, document.body);
