import { expect, test } from 'vitest';
import { type FormatRow, parseFormat } from '../../../src/ui/format.ts';

const formatRow = (template: string, row: FormatRow): string => parseFormat(template, Object.keys(row))(row);

const row = { Client: '11122233344', Url: 'http://127.0.0.1:5000/', LastUsed: null, Port: 5000 };

test.each([
  ['{{.Client}} {{.Port}}', '11122233344 5000'],
  ['{{ .Client }}\\t{{.Url}}', '11122233344\thttp://127.0.0.1:5000/'],
  ['[{{.LastUsed}}]', '[]'],
  ['{{json .LastUsed}} {{json .Client}}', 'null "11122233344"'],
  ['{{json .}}', JSON.stringify(row)],
  ['plain', 'plain'],
  ['a\\\\t', 'a\\t'],
])('%s', (template, expected) => {
  expect(formatRow(template, row)).toBe(expected);
});

test('a field that is not there is USAGE with the nearest and the list', () => {
  expect(() => formatRow('{{.Clinet}}', row)).toThrow(expect.objectContaining({ code: 'USAGE', message: '--format: there is no field "Clinet"', hint: 'did you mean Client? fields: Client, Url, LastUsed, Port' }));
});

test('a template that can not be read is USAGE also without any row', () => {
  for (const wrong of ['{{.Client', 'x}}', '{{Client}}', '{{}}', '{{range .}}', '{{.a.b}}']) expect(() => parseFormat(wrong, ['Client'])).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('a field from the prototype is none', () => {
  expect(() => formatRow('{{.toString}}', row)).toThrow('there is no field');
});
