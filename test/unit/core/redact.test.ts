import { expect, test } from 'vitest';
import { redact } from '../../../src/core/redact.ts';

test.each([
  ['http://127.0.0.1:5000/#key=hunter2', 'http://127.0.0.1:5000/#key=***'],
  ['http://x/?a=1&token=hunter2 rest', 'http://x/?a=1&token=*** rest'],
  ['VNC_SECRET=hunter2 VNC_WIDTH=800', 'VNC_SECRET=*** VNC_WIDTH=800'],
  ['"API_TOKEN=hunter2","B=1"', '"API_TOKEN=***","B=1"'],
  ['pull from https://ana:hunter2@registry.example/x', 'pull from https://ana:***@registry.example/x'],
  ['http://127.0.0.1:5000/a@b', 'http://127.0.0.1:5000/a@b'],
  ['nothing here', 'nothing here'],
])('%s', (text, expected) => {
  expect(redact(text)).toBe(expected);
});
