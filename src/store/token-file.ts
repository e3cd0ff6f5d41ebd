// The tokens of an instance in a file of their own: the command line makes and revokes them, the daemon looks them up with each
// request. Nothing in it lets anybody in.
import { liveTokens, SCOPES, type Token, type TokenStore } from '../core/tokens.ts';
import { isObject } from './json-file.ts';
import { createRecordFile, isHash, isTime, type RecordFileOptions } from './record-file.ts';

/** Tokens in `file`, which is made by the first change, for its owner only. Those that are over leave it with the next change. */
export function createTokenFile(options: RecordFileOptions): TokenStore {
  const file = createRecordFile<Token>(options, { name: 'tokens', isRecord: isToken, stillGood: liveTokens, loss: 'the tokens made so far allow nothing any more' });
  return {
    read: file.read,
    update: (change) =>
      file.update((present) => {
        const { tokens, result } = change(present);
        return { records: tokens, result };
      }),
  };
}

/** Whether it is what it should be: a wrong one allows nothing. */
function isToken(value: unknown): value is Token {
  if (!isObject(value)) return false;
  const { id, hash, name, scope, createdAt, expiresAt } = value;
  return typeof id === 'string' && id !== '' && isHash(hash) && typeof name === 'string' && SCOPES.some((known) => known === scope) && isTime(createdAt) && (expiresAt === undefined || isTime(expiresAt));
}
