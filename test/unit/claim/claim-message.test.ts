import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CLAIM_MESSAGE_MAX_BYTES, claimMessage, refusalIn } from '../../../src/claim/claim-message.ts';
import type { PageRequest } from '../../../src/core/fitting.ts';
import { isVncctlError } from '../../../src/errors.ts';

const message = (request: PageRequest, secret = 's3cret'): string => claimMessage(request, secret).toString('latin1');
const requestIn = (text: string): string => / (\{.*\})\n$/.exec(text)?.[1] ?? '';

/** HMAC by its definition (RFC 2104), as claim.cfg computes it. */
function proofOf(request: string, secret: string): string {
  const padded = (byte: number): Buffer => Buffer.from(Array.from({ length: 64 }, (_, at) => (secret.charCodeAt(at) || 0) ^ byte));
  const inner = createHash('sha256').update(padded(0x36)).update(request).digest();
  return createHash('sha256').update(padded(0x5c)).update(inner).digest('hex');
}

describe('the message of a claim', () => {
  test('is one line with a proof of the secret and what is asked for', () => {
    const request = '{"page":"https://example.org/a?b=c#d","client":"111.222.333-44"}';
    expect(message({ url: 'https://example.org/a?b=c#d', clientLabel: '111.222.333-44' })).toBe(`vncctl-claim/1 ${proofOf(request, 's3cret')} ${request}\n`);
    expect(message({ clientLabel: 'x' })).toBe(`vncctl-claim/1 ${proofOf('{"client":"x"}', 's3cret')} {"client":"x"}\n`);
  });

  test('proves neither another secret nor another request', () => {
    expect(message({ clientLabel: 'x' }, 'one')).not.toBe(message({ clientLabel: 'x' }, 'two'));
    expect(message({ clientLabel: 'x' }).slice(0, 79)).not.toBe(message({ clientLabel: 'y' }).slice(0, 79));
  });

  test('is ASCII without another line end, whatever is in it', () => {
    const text = message({ url: 'http://exämple.test/ção?q=日本', clientLabel: 'João\n"😀' });
    expect(text).toMatch(/^[ -~]+\n$/);
    expect(JSON.parse(requestIn(text))).toEqual({ page: 'http://xn--exmple-cua.test/%C3%A7%C3%A3o?q=%E6%97%A5%E6%9C%AC', client: 'João\n"😀' });
  });

  test.each(['about:blank', 'http://10.0.0.1:8080/', 'https://example.org/'])('takes %s', (url) => {
    expect(JSON.parse(requestIn(message({ url })))).toEqual({ page: url });
  });

  test.each(['about:config', 'file:///etc/passwd', 'javascript:alert(1)', 'chrome://browser/content/', 'example.org', '', 'data:text/html,x'])('takes no "%s"', (url) => {
    expect(() => message({ url })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  test('takes no address that is longer than the desktop reads', () => {
    const longest = 'x'.repeat(CLAIM_MESSAGE_MAX_BYTES - message({ url: 'http://a/' }).length);
    expect(message({ url: `http://a/${longest}` })).toHaveLength(CLAIM_MESSAGE_MAX_BYTES);
    const tooLong = (): unknown => message({ url: `http://a/${longest}x` });
    expect(tooLong).toThrow('is too long to be shown');
    expect(tooLong).toThrow(expect.toSatisfy((error) => isVncctlError(error, 'USAGE')));
  });
});

test.each([
  ['ok', undefined],
  ['no: it is in use', 'it is in use'],
  ['', 'it answers in another language'],
  ['okay', 'it answers in another language'],
  ['HTTP/1.1 200 OK', 'it answers in another language'],
])('the answer "%s" is understood', (answer, refusal) => {
  expect(refusalIn(answer)).toBe(refusal);
});
