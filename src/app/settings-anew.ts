// Reading the settings anew while the daemon runs: what is held on to, and what is said of the changes.
import type { App, AppParts } from '../app.ts';
import type { Log } from '../core/log.ts';
import { UNSPOKEN } from '../core/setting-facts.ts';
import { describeOrigin } from '../core/setting-layers.ts';
import { AT_START } from './installation-facts.ts';

/** The program with the settings as they are now, and what has changed in the log. Throws BAD_SETTING and BAD_CATALOG_ENTRY. */
export async function settingsAnew(before: App, again: (kept: Partial<AppParts>) => App, log: Log): Promise<App> {
  const next = again(await held(before));
  next.warnThrough((message) => log.write('warning', message));
  // Both are checked before anything is taken over.
  void next.settings;
  await next.catalog();
  const changed = next.reading.settings.flatMap((setting) => {
    const old = before.reading.settings.find(({ name }) => name === setting.name);
    return !old || old.text === setting.text ? [] : [{ ...setting, old }];
  });
  if (changed.length === 0) log.write('info', 'the settings were read anew; nothing has changed');
  for (const { name, text, origin, old } of changed) {
    const note = AT_START.includes(name) ? 'from the next start on' : 'from now on';
    log.write('info', `setting ${name} changed, ${note}`, { ...(UNSPOKEN.includes(name) ? {} : { before: old.text, now: text }), from: describeOrigin(origin) });
  }
  return next;
}

/** What goes on being used; nothing where there is no engine yet. */
async function held({ engine, store, activity }: App): Promise<Partial<AppParts>> {
  try {
    return { engine: await engine(), store: await store(), activity: await activity() };
  } catch {
    return {};
  }
}
