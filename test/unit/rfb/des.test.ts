import { describe, expect, test } from 'vitest';
import { vncAuthResponse } from '../../../src/rfb/des.ts';
import { CHALLENGE, desAnswer } from '../../support/fake-rfb-server.ts';

describe('the answer to a VNC challenge', () => {
  test('is single DES: a published vector holds once its key bits are reversed', () => {
    // NBS Special Publication 500-20, first line: key 8001010101010101, plain text 0, cipher text 95a8d72813daa94d.
    const secret = Buffer.from('0180808080808080', 'hex').toString('latin1');
    expect(vncAuthResponse(secret, Buffer.alloc(8)).toString('hex')).toBe('95a8d72813daa94d');
  });

  test.each(['', 'a', 'secret12', 'pássword'])('answers both halves of the challenge for %j', (secret) => {
    expect(vncAuthResponse(secret, CHALLENGE)).toEqual(desAnswer(secret));
  });

  test('only the first eight bytes of a secret count', () => {
    expect(vncAuthResponse('12345678', CHALLENGE)).toEqual(vncAuthResponse('12345678 and more', CHALLENGE));
    expect(vncAuthResponse('1234567', CHALLENGE)).not.toEqual(vncAuthResponse('12345678', CHALLENGE));
  });
});
