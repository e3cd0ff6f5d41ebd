import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { createServiceNotify } from '../../src/daemon/service-notify.ts';
import { runProgram } from '../../src/engine/run-program.ts';
import { eventually } from '../support/eventually.ts';
import { createFakeLog } from '../support/fake-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

const home = tempFolder();

// A datagram socket as systemd has it; the descriptor that comes with a barrier is closed once all before it was read.
const RECEIVER = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    data, ancillary, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(64))
    for _, _, held in ancillary:
        for descriptor in array.array('i', held[:len(held) - len(held) % 4]):
            os.close(descriptor)
    print(data.decode().replace('\\n', ' '), flush=True)
`;

test('what the service manager is told arrives at a real socket, said by the real program', { timeout: 15_000 }, async () => {
  const socket = join(home, 'notify.sock');
  const receiver = spawn('python3', ['-c', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void receiver.kill());
  const lines: string[] = [];
  createInterface(receiver.stdout).on('line', (line) => lines.push(line));
  await once(receiver.stdout, 'data');
  const log = createFakeLog();
  const notify = createServiceNotify({ env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '2000000' }, pid: 100, run: runProgram, clock: systemClock, log });
  await notify.ready('watching 2 desktops');
  await notify.watchdog();
  await notify.stopping();
  await eventually(() => lines.filter((line) => !line.startsWith('BARRIER')).length === 4);
  expect(log.lines).toEqual([]);
  expect(lines.filter((line) => !line.startsWith('BARRIER')).slice(1)).toEqual(['READY=1 STATUS=watching 2 desktops', 'WATCHDOG=1', 'STOPPING=1']);
});
