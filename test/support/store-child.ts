// A process of its own that changes a store: what the cross-process tests start several of. Arguments: what to do, the file, and
// for `count` and `events` a name and how many updates.
import { systemClock } from '../../src/core/clock.ts';
import type { DesktopId } from '../../src/core/store.ts';
import { ownProcesses } from '../../src/engine/host-processes.ts';
import type { VncctlError } from '../../src/errors.ts';
import { takeDaemonLock } from '../../src/store/daemon-lock.ts';
import { createEventJournal } from '../../src/store/event-journal.ts';
import { createFileStore } from '../../src/store/file-store.ts';
import { getInstanceKey } from '../../src/store/instance-key.ts';
import { withLock } from '../../src/store/lock.ts';
import { createRecordFile } from '../../src/store/record-file.ts';

const [task, file = '', name = '', times = '0'] = process.argv.slice(2);
const store = createFileStore({ file, warn: (message) => process.stderr.write(`${message}\n`), now: () => new Date(), lockWaitMs: 60_000 });

switch (task) {
  case 'count':
    for (let turn = 0; turn < Number(times); turn++) {
      await store.update((state) => ({
        state: { ...state, reservations: [...state.reservations, { port: Number(name) * 1000 + turn + 1, pid: process.pid, at: new Date().toISOString() }] },
        result: undefined,
      }));
    }
    break;
  case 'hold':
    await withLock(file, () => {
      process.stdout.write('held\n');
      return new Promise(() => setInterval(() => {}, 1000));
    });
    break;
  case 'events': {
    // Small enough to turn to a new file once, with what four of these write; twice, and a reader on a busy machine might miss one.
    const journal = createEventJournal({ file, clock: systemClock, warn: (message) => process.stderr.write(`${message}\n`), maxBytes: 80_000 });
    for (let turn = 0; turn < Number(times); turn++) await journal.append([{ at: new Date().toISOString(), event: 'created', desktop: `${name}-${turn}` as DesktopId, cause: 'x'.repeat(40) }]);
    break;
  }
  case 'records': {
    const records = createRecordFile<{ id: string; count: number }>({ file, now: () => new Date(), warn: (message) => process.stderr.write(`${message}\n`), lockWaitMs: 60_000 }, { name: 'records', isRecord, stillGood: (all) => all, loss: '' });
    for (let turn = 1; turn <= Number(times); turn++) {
      await records.update((all) => ({ records: [...all.filter(({ id }) => id !== name), { id: name, count: turn, filler: 'x'.repeat(400) }], result: undefined }));
    }
    break;
  }
  case 'daemon':
    try {
      await takeDaemonLock({ file, now: () => new Date(), processes: ownProcesses });
      process.stdout.write('held\n');
      setInterval(() => {}, 1000);
    } catch (error) {
      process.stdout.write(`${(error as VncctlError).code}\n`);
    }
    break;
  case 'key':
    process.stdout.write(Buffer.from(await getInstanceKey(file)).toString('hex'));
    break;
}

function isRecord(value: unknown): value is { id: string; count: number } {
  return typeof (value as { id?: unknown } | null)?.id === 'string';
}
