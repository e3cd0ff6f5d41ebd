// Real proxies of Debian in front of a daemon, each from the very text of the README, for names below localhost. They run as
// processes of the tests, end with them, and keep all they write in a folder of theirs.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { comesTrue } from './eventually.ts';
import { programOf } from './programs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What stands for the names and files of the README. */
export interface ProxyPlace {
  folder: string;
  port: number;
  /** Where the daemon answers. */
  daemon: string;
  certificate: { cert: string; key: string };
}

/** `desktops.example.org` of the README. */
export const PROXY_NAME = 'desktops.localhost';

/** A certificate of nobody for that name and all below it, made by openssl. */
export function makeCertificate(folder: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'desktops.pem'), join(folder, 'desktops.key')];
  const names = `DNS:${PROXY_NAME},DNS:*.${PROXY_NAME},IP:127.0.0.1`;
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${PROXY_NAME}`, '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return address !== null && typeof address === 'object' ? address.port : Number.NaN;
}

/** nginx; where each desktop has a host of its own, or it takes the path away (`strips`), with the changes that the README names. To be called inside a test, ended after it. */
export async function startNginx(place: ProxyPlace, { ownHosts, strips = false }: { ownHosts: boolean; strips?: boolean }): Promise<void> {
  const forms = ownHosts ? [['server_name desktops.example.org;', 'server_name *.desktops.example.org;'], ['location /vnc/ {', 'location / {']] : [];
  const server = replaced(blockOf('server {'), [...forms, ...(strips ? [['proxy_pass http://127.0.0.1:8080;', 'proxy_pass http://127.0.0.1:8080/;']] : []), ['listen 443 ssl;', `listen 127.0.0.1:${place.port} ssl;`], ...namesOf(place)]);
  const folder = join(place.folder, 'nginx');
  mkdirSync(folder, { recursive: true });
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${join(folder, name)};`);
  writeFileSync(join(folder, 'nginx.conf'), `daemon off;\nmaster_process off;\npid ${join(folder, 'pid')};\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${kept.join('\n')}\n${server}}\n`);
  await runProxy(programOf('usr/sbin/nginx'), ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], folder, place.port);
}

/** Caddy; where each desktop has a host of its own, from the other block of the README. To be called inside a test, ended after it. */
export async function startCaddy(place: ProxyPlace, { ownHosts }: { ownHosts: boolean }): Promise<void> {
  const site = replaced(blockOf(ownHosts ? '*.desktops.example.org {' : 'desktops.example.org {'), namesOf(place));
  const folder = join(place.folder, 'caddy');
  mkdirSync(folder, { recursive: true });
  const options = ['admin off', 'skip_install_trust', 'auto_https disable_redirects', `https_port ${place.port}`, 'default_bind 127.0.0.1'];
  writeFileSync(join(folder, 'Caddyfile'), `{\n${options.join('\n')}\n}\n${site}`);
  await runProxy(programOf('usr/bin/caddy'), ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], folder, place.port);
}

async function runProxy(program: string, args: readonly string[], folder: string, port: number): Promise<void> {
  const child = spawn(program, args, { cwd: folder, env: { PATH: process.env['PATH'] ?? '', HOME: folder }, stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => ended(child));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await comesTrue(`${program} answers`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    return fetch(`http://127.0.0.1:${port}/`).then(() => true, (error: { cause?: { code?: string } }) => error.cause?.code !== 'ECONNREFUSED');
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** The block of the README that begins with this line, without its indentation. */
function blockOf(first: string): string {
  const lines = readFileSync(join(root, 'README.md'), 'utf8').split('\n');
  const start = lines.indexOf(`    ${first}`);
  const end = lines.indexOf('    }', start);
  if (start < 0 || end < 0) throw new Error(`the README has no block that begins with ${first}`);
  return `${lines.slice(start, end + 1).map((line) => line.slice(4)).join('\n')}\n`;
}

function namesOf({ daemon, certificate }: ProxyPlace): string[][] {
  return [['127.0.0.1:8080', daemon], ['desktops.example.org', PROXY_NAME], ['/etc/ssl/desktops.pem', certificate.cert], ['/etc/ssl/desktops.key', certificate.key]];
}

function replaced(text: string, changes: readonly (readonly string[])[]): string {
  return changes.reduce((before, [from = '', to = '']) => before.replaceAll(from, to), text);
}
