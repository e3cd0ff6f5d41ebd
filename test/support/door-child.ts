// A process that opens the daemon's door at the socket that was passed to it, tells what a child of its own gets to see of that,
// and ends at SIGTERM: what the test of socket activation starts.
import { execFileSync } from 'node:child_process';
import { createDoor } from '../../src/daemon/door.ts';
import { takePassedSocket } from '../../src/daemon/passed-socket.ts';

const passed = takePassedSocket(process.env, process.pid);
if (!passed) throw new Error('no socket was passed');
const door = createDoor({ readiness: () => ({ ready: true, counts: { pid: process.pid } }) });
const where = await door.listen(passed);
const ofChild = execFileSync('sh', ['-c', 'echo "variables=$LISTEN_PID$LISTEN_FDS$LISTEN_FDNAMES"; ls -l /proc/self/fd'], { encoding: 'utf8' });
process.stdout.write(`${JSON.stringify({ where, ofChild })}\n`);
process.once('SIGTERM', () => void door.stop().then(() => process.exit(0)));
