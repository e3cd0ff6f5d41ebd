import { expect, test } from 'vitest';
import { writeJson } from '../../../src/ui/json.ts';
import { fakeStreams } from '../../support/fake-streams.ts';

test('JSON is on one line in a pipe and indented on a terminal', () => {
  const pipe = fakeStreams();
  writeJson(pipe, { b: 1, a: [2] });
  expect(pipe.out()).toBe('{"b":1,"a":[2]}\n');
  const terminal = fakeStreams({ terminals: ['stdout'] });
  writeJson(terminal, { b: 1 });
  expect(terminal.out()).toBe('{\n  "b": 1\n}\n');
});
