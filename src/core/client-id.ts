// Client ids: the person a desktop belongs to. Owns parsing, spelling and masking; whether a table masks is decided in ui/.
import { VncctlError } from '../errors.ts';

/** A parsed client id: eleven digits under the CPF policies, otherwise the id as typed. Made by `parseClientId`, or `benchClientId` for nobody. */
export type ClientId = string & { readonly __brand: 'ClientId' };

/** `cpf` takes any eleven digits and warns of wrong check digits; `cpf-strict` refuses them; `any` takes other ids too. */
export type ClientIdPolicy = 'cpf' | 'cpf-strict' | 'any';

export const CLIENT_ID_POLICIES: readonly ClientIdPolicy[] = ['cpf', 'cpf-strict', 'any'];

const CPF_SPELLING = /^\d{3}\.?\d{3}\.?\d{3}[-/.]?\d{2}$/;
const ANY_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

// What older systems' clients send in the place of an id, and the words of those systems' addresses. As an id, one of them would give
// the desktop of one person to the next.
const RESERVED = new Set(
  'any all allocate new list cb ws none null undefined nan access status remove remove-all health workers sessions touch vnc vm'.split(' '),
);

/** Whether a word is reserved or blank, and so never a client id under any policy. */
export function isReservedWord(text: string): boolean {
  const word = text.trim().toLowerCase();
  return word === '' || RESERVED.has(word);
}

/** Parses what a person typed. Throws BAD_CLIENT_ID; `warning` is set when the id is taken but looks mistyped. */
export function parseClientId(text: string, policy: ClientIdPolicy): { id: ClientId; warning?: string } {
  const typed = text.trim();
  const compact = typed.replace(/\s+/g, '');
  if (CPF_SPELLING.test(compact)) {
    const digits = compact.replace(/\D/g, '') as ClientId;
    if (hasCpfCheckDigits(digits)) return { id: digits };
    if (policy === 'cpf-strict') {
      throw new VncctlError('BAD_CLIENT_ID', `${formatClientId(digits)} is not a CPF: its check digits are wrong`, {
        hint: 'check the number, or allow such ids with: vncctl config set clientIds cpf',
      });
    }
    if (policy === 'cpf') return { id: digits, warning: `the check digits of ${formatClientId(digits)} are wrong; taken as typed` };
    return { id: digits };
  }
  if (policy === 'any' && typed !== '' && isReservedWord(typed)) {
    throw new VncctlError('BAD_CLIENT_ID', `"${text}" is a reserved word, not a client id`, { hint: 'give each client an id of their own' });
  }
  if (policy === 'any' && ANY_ID.test(typed)) return { id: typed as ClientId };
  throw new VncctlError(
    'BAD_CLIENT_ID',
    policy === 'any'
      ? `"${text}" is not a client id: letters, digits, "_", "." and "-", at most 63, the first a letter or digit`
      : `"${text}" is not a CPF: eleven digits, like 111.222.333-44 or 11122233344`,
    policy === 'any' ? {} : { hint: 'for ids that are no CPF: vncctl config set clientIds any' },
  );
}

const BENCH_ID = /^_bench-(\d+)-/;

/** Of a desktop that a measurement or a trial throws away. It is nobody's under any policy: none takes an id that begins with "_". */
export function benchClientId(pid: number, word: string): ClientId {
  return `_bench-${pid}-${word}` as ClientId;
}

/** The process that has such a client; undefined for a client who is a person. */
export function benchPidOf(client: ClientId): number | undefined {
  const [, pid] = BENCH_ID.exec(client) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** The two check digits of a CPF (modulo 11 over descending weights); a CPF of eleven equal digits is never valid. */
export function hasCpfCheckDigits(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || /^(\d)\1{10}$/.test(digits)) return false;
  const checkDigit = (length: number): number => {
    let sum = 0;
    for (let index = 0; index < length; index++) sum += Number(digits[index]) * (length + 1 - index);
    return ((sum * 10) % 11) % 10;
  };
  return checkDigit(9) === Number(digits[9]) && checkDigit(10) === Number(digits[10]);
}

/** How an operator reads it: `111.222.333-44` for eleven digits, anything else unchanged. */
export function formatClientId(id: string): string {
  return /^\d{11}$/.test(id) ? `${id.slice(0, 3)}.${id.slice(3, 6)}.${id.slice(6, 9)}-${id.slice(9)}` : id;
}

/** The same with its middle hidden: `111.***.***-44`; other ids keep their first and last two characters. */
export function maskClientId(id: string): string {
  if (/^\d{11}$/.test(id)) return `${id.slice(0, 3)}.***.***-${id.slice(9)}`;
  return id.length <= 4 ? '*'.repeat(id.length) : `${id.slice(0, 2)}${'*'.repeat(id.length - 4)}${id.slice(-2)}`;
}
