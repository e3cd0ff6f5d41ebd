// The user's settings file: read on every command, changed by `config set` and `config unset`. A file that can't be read is an
// error with its place, never set aside: a person wrote it. What the values mean is settings.ts.
import { VncctlError } from '../errors.ts';
import { withFileFailures, withFileFailuresNow } from './file-failure.ts';
import { jsonFileWriter, readJsonFile } from './json-file.ts';
import { withLock } from './lock.ts';

/** The values in the file; none when there is no file. Throws BAD_SETTING for a file that is no JSON object. */
export function readConfigFile(file: string): Record<string, unknown> {
  return withFileFailuresNow(`read ${file}`, () => {
    const content = readJsonFile(file);
    switch (content.kind) {
      case 'object':
        return content.values;
      case 'missing':
        return {};
      case 'corrupt':
        throw new VncctlError('BAD_SETTING', `the settings file ${file} can't be read: ${content.why}`, { hint: `mend it, or start afresh: rm ${file}` });
    }
  });
}

/** Changes the file under its lock: values are set, undefined removes. Keys it does not know stay as they are. */
export function changeConfigFile(file: string, changes: Readonly<Record<string, string | number | boolean | undefined>>): Promise<void> {
  return withFileFailures(`change ${file}`, () =>
    withLock(file, async (lock) => {
      const values = { ...readConfigFile(file), ...changes };
      const write = await jsonFileWriter(file);
      if (!lock.isStillOurs()) throw new VncctlError('STORE_LOCKED', `another vncctl is changing ${file}`, { hint: 'try again' });
      // JSON has no undefined: conf refuses it rather than leaving it out.
      write(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)));
    }),
  );
}
