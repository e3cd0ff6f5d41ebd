// Prometheus's own checks of the figures, and of the alerts and the dashboard that come with them.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createFigures } from '../../src/app/figures.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { programOf } from '../support/programs.ts';
import { tempFolder } from '../support/temp-folder.ts';

const folder = fileURLToPath(new URL('../../templates/monitoring/', import.meta.url));
const scratch = tempFolder();

/** What promtool says to that; it must find nothing wrong. */
function promtool(argv: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(programOf('usr/bin/promtool'), [...argv], (error, stdout, stderr) => (error ? reject(new Error(`${error.message}\n${stdout}${stderr}`)) : resolve(`${stdout}${stderr}`)));
    child.stdin?.end(input);
  });
}

/** All figures, each with something counted. */
async function figures(): Promise<string> {
  const { tell, current, stop } = createFigures({
    version: '1.2.3',
    clock: createFakeClock(),
    look: async () => ({ desktops: [{ status: 'ready', image: 'desktop' }], viewers: [], traffic: { toViewerBytes: 1, fromViewerBytes: 1 } }),
  });
  onTestFinished(stop);
  await tell();
  const metrics = current();
  metrics.broughtUp('created');
  metrics.phase('rfb', 80);
  metrics.happened('ready');
  metrics.reaped({ do: 'remove', clock: 'ttl', result: 'done' });
  metrics.swept(10, true);
  metrics.asked('containers.list', 3, 'ENGINE_TIMEOUT');
  metrics.answered({ method: 'GET', route: '/api/v1/health', status: 200 }, 1);
  return (await tell()).text;
}

test('the figures follow the conventions of Prometheus', async () => {
  expect(await promtool(['check', 'metrics'], await figures())).toBe('');
});

test('the alerts are right, and ask for figures that there are', async () => {
  expect(await promtool(['check', 'rules', `${folder}alerts.yaml`])).toContain('SUCCESS');
  await expectKnown(readFileSync(`${folder}alerts.yaml`, 'utf8'));
});

test('the dashboard asks for figures that there are, each in a right question', async () => {
  const { panels } = JSON.parse(readFileSync(`${folder}grafana-dashboard.json`, 'utf8')) as { panels: { title: string; targets: { expr: string }[] }[] };
  const questions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  expect(questions.length).toBeGreaterThan(10);
  await expectKnown(questions.join('\n'));
  const rules = { groups: [{ name: 'dashboard', rules: questions.map((expr, index) => ({ record: `panel:${index}`, expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*') })) }] };
  const file = join(scratch, 'dashboard.json');
  writeFileSync(file, JSON.stringify(rules));
  expect(await promtool(['check', 'rules', file])).toContain('SUCCESS');
});

async function expectKnown(text: string): Promise<void> {
  const known = new Set([...(await figures()).matchAll(/^([a-z_]+)[{ ]/gm)].map(([, name]) => name));
  const asked = [...text.matchAll(/\b((?:vncctl|process)_[a-z_]+)\b/g)].map(([, name]) => name);
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
}
