// The pages of a trial. The one that a kiosk has to stay on fills the screen with a pattern, takes all that is typed without showing
// it, and reports to its server several times a second; each answer may hold an order, which is code to run, at once or at a click.

export const KIOSK_PATH = '/kiosk';
/** Where a page may lead, as a window of its own. */
export const POPUP_PATH = '/popup';
/** Where no try may lead: whatever asks for it took an address that no page gave. */
export const ELSEWHERE_PATH = '/elsewhere';

const REPORT_EVERY_MS = 40;

export const KIOSK_PAGE = `<!doctype html><meta charset="utf-8"><title>kiosk</title>
<style>html, body { margin: 0; height: 100%; overflow: hidden; background: #2d6a4f; font: 24px sans-serif; color: #000 }
textarea { position: fixed; inset: 0; width: 100%; height: 100%; resize: none; border: 0; outline: 0; overflow: hidden; color: transparent; caret-color: transparent;
background: linear-gradient(90deg, #2d6a4f, #40916c 50%, #d8f3dc) } ::selection { color: transparent; background: transparent } #added { position: fixed; top: 0; left: 0 }</style>
<textarea spellcheck="false" autocomplete="off"></textarea><div id="added"></div><script>
const field = document.querySelector('textarea'), place = document.getElementById('added');
let armed = 0, ran = 0, waiting;
const add = (html) => place.insertAdjacentHTML('beforeend', html);
const clear = () => { place.textContent = ''; field.focus(); };
const run = (order) => { ran = order.id; try { new Function('add', 'clear', order.code)(add, clear); } catch { } report(); };
document.addEventListener('click', () => { if (waiting) { const order = waiting; waiting = undefined; run(order); } }, true);
let reporting = false;
async function report() {
  if (reporting) return;
  reporting = true;
  try {
    const answer = await fetch('/report', { method: 'POST', body: JSON.stringify({ visit: location.search, armed, ran, text: field.value.slice(-4000) }) });
    const order = await answer.json();
    if (order.id > armed) { armed = order.id; if (order.atClick && order.code) waiting = order; else run(order); }
  } catch { } finally { reporting = false; }
}
setInterval(report, ${REPORT_EVERY_MS});
addEventListener('pageshow', () => field.focus());
field.focus();
report();
</script>`;

export const POPUP_PAGE = '<!doctype html><meta charset="utf-8"><title>popup</title><style>html { background: #9d0208 }</style><p>A page that the other page has opened';

/** One page with a link on it. */
export const PDF = [
  '%PDF-1.4',
  '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
  '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
  '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 300 200]/A<</S/URI/URI(mailto:a@example.com)>>>>]>>endobj',
  'trailer<</Root 1 0 R>>',
].join('\n');
