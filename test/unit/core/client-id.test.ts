import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLIENT_ID_POLICIES, formatClientId, hasCpfCheckDigits, isReservedWord, maskClientId, parseClientId } from '../../../src/core/client-id.ts';

const digits = fc.stringMatching(/^[0-9]{11}$/);
const spellings = digits.chain((id) => {
  const [a, b, c, d] = [id.slice(0, 3), id.slice(3, 6), id.slice(6, 9), id.slice(9)];
  return fc.record({ id: fc.constant(id), text: fc.constantFrom(id, `${a}.${b}.${c}-${d}`, `${a}${b}${c}-${d}`, `${a}.${b}.${c}${d}`, `${a}.${b}.${c}/${d}`, `${a}.${b}.${c}.${d}`, ` ${a}.${b}.${c}-${d}\n`, `${a} ${b} ${c} ${d}`) });
});

/** The check digits by the other usual description: remainder of the weighted sum by 11, where 0 and 1 give 0. */
function expectedCheckDigits(nine: string): string {
  const digitFor = (known: string): number => {
    const sum = [...known].reverse().reduce((total, digit, index) => total + Number(digit) * (index + 2), 0);
    return sum % 11 < 2 ? 0 : 11 - (sum % 11);
  };
  const first = digitFor(nine);
  return `${first}${digitFor(`${nine}${first}`)}`;
}

test('every usual spelling of a CPF is one client, under every policy that takes it', () => {
  fc.assert(
    fc.property(spellings, fc.constantFrom('cpf' as const, 'any' as const), ({ id, text }, policy) => {
      expect(parseClientId(text, policy).id).toBe(id);
    }),
  );
});

test('parsing what was formatted gives the same client', () => {
  fc.assert(
    fc.property(digits, (id) => {
      expect(parseClientId(formatClientId(id), 'cpf').id).toBe(id);
    }),
  );
});

test('the check digits are those of an independent reckoning, and no others', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{9}$/), fc.stringMatching(/^[0-9]{2}$/), (nine, two) => {
      const right = expectedCheckDigits(nine);
      const allEqual = new Set(`${nine}${right}`).size === 1;
      expect(hasCpfCheckDigits(`${nine}${right}`)).toBe(!allEqual);
      expect(hasCpfCheckDigits(`${nine}${two}`)).toBe(two === right && !allEqual);
    }),
  );
});

test.each(['111.444.777-35', '529.982.247-25', '123.456.789-09'])('%s is a CPF', (text) => {
  expect(parseClientId(text, 'cpf-strict')).toEqual({ id: text.replace(/\D/g, '') });
});

test('wrong check digits are taken with a warning, refused by cpf-strict, and no matter to any', () => {
  expect(parseClientId('111.222.333-44', 'cpf')).toEqual({ id: '11122233344', warning: expect.stringContaining('111.222.333-44') as string });
  expect(() => parseClientId('111.222.333-44', 'cpf-strict')).toThrowError(expect.objectContaining({ code: 'BAD_CLIENT_ID' }));
  expect(parseClientId('111.222.333-44', 'any')).toEqual({ id: '11122233344' });
});

test.each(['', 'ana', '1112223334', '111222333444', '11-1.222.333-44', '111.222.333-4x', '１１１２２２３３３４４'])('%j is no CPF', (text) => {
  for (const policy of ['cpf', 'cpf-strict'] as const) expect(() => parseClientId(text, policy)).toThrowError(expect.objectContaining({ code: 'BAD_CLIENT_ID' }));
});

test('the policy any takes names as typed, and refuses what could not be part of a container name', () => {
  expect(parseClientId(' Ana_1.b-c ', 'any').id).toBe('Ana_1.b-c');
  for (const text of ['', '-ana', '.ana', 'ana maria', 'ana/maria', 'á', 'a'.repeat(64)]) {
    expect(() => parseClientId(text, 'any')).toThrowError(expect.objectContaining({ code: 'BAD_CLIENT_ID' }));
  }
});

test.each(['any', 'allocate', 'ALL', ' list ', 'cb', 'ws', 'new', 'null', 'undefined', 'remove-all', 'sessions', ' ', ''])(
  'the reserved or empty word %j is a client id under no policy',
  (word) => {
    expect(isReservedWord(word)).toBe(true);
    for (const policy of CLIENT_ID_POLICIES) expect(() => parseClientId(word, policy)).toThrowError(expect.objectContaining({ code: 'BAD_CLIENT_ID' }));
  },
);

test('an id that only begins with a reserved word is an id', () => {
  for (const word of ['allocated', 'any-1', 'list.of', '11122233344']) expect(isReservedWord(word)).toBe(false);
  expect(parseClientId('any-1', 'any').id).toBe('any-1');
});

test('a CPF is shown formatted, other ids as they are', () => {
  expect(formatClientId('11122233344')).toBe('111.222.333-44');
  expect(formatClientId('ana')).toBe('ana');
});

test('a masked id hides its middle, and a short one all of it', () => {
  expect(maskClientId('11122233344')).toBe('111.***.***-44');
  expect(maskClientId('ana-maria')).toBe('an*****ia');
  expect(maskClientId('ana')).toBe('***');
});
