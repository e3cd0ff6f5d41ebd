// Locks among the processes of this machine: one holder, free at the moment it ends by whatever means.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { LockSubject } from '../../../src/core/member-locks.ts';
import type { DesktopId } from '../../../src/core/store.ts';
import { socketLocks } from '../../../src/engine/member-locks.ts';
import { comesTrue } from '../../support/eventually.ts';

const subject = (): LockSubject => ({ desktopId: `test-${randomBytes(6).toString('hex')}` as DesktopId, name: '', imageId: '' });

test('one has it, in this process too, until it gives it back', async () => {
  const lock = subject();
  const release = await socketLocks.tryTake(lock);
  expect(release).toBeDefined();
  expect(await socketLocks.tryTake(lock)).toBeUndefined();
  await release?.();
  const again = await socketLocks.tryTake(lock);
  expect(again).toBeDefined();
  await again?.();
});

test('of twenty at once one has it', async () => {
  const lock = subject();
  const taken = (await Promise.all(Array.from({ length: 20 }, () => socketLocks.tryTake(lock)))).filter((release) => release !== undefined);
  expect(taken).toHaveLength(1);
  await taken[0]?.();
});

test('another process that holds it is a holder, and is none from the moment it is killed', async () => {
  const lock = subject();
  const holder = spawn(process.execPath, ['-e', `require('node:net').createServer().listen('\\0vncctl-member-${lock.desktopId}', () => console.log('held'))`], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  expect(await socketLocks.tryTake(lock)).toBeUndefined();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await comesTrue('the lock is free', async () => (await socketLocks.tryTake(lock)) !== undefined);
});
