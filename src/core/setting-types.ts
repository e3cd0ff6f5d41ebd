// The kinds of value a setting can have: how each is read from text and spelled again. No setting is named here.
import { isIP, isIPv4 } from 'node:net';
import { LEAST_DISK_BYTES } from './limit-bounds.ts';
import { BYTES_FORM, formatBytes, parseBytes } from './size.ts';
import { DURATION_FORM, type DurationLimit, formatDuration, formatLimit, LIMIT_FORM, type Milliseconds, parseDuration, parseLimit } from './duration.ts';
import { parsePublicTemplate, PUBLIC_TEMPLATE_FORM, type PublicTemplate } from './public-address.ts';

/** A kind of value. `read` returns undefined for text that is none; `form` completes "… is not ". */
export interface SettingType<T> {
  form: string;
  read(text: string): T | undefined;
  spell(value: T): string;
  /** What the user file holds: a JSON number or boolean where the value is one, otherwise text. */
  json: 'text' | 'number' | 'boolean';
  /** Its words, where it has only a few. */
  choices?: readonly string[];
}

/** Text that matches a pattern. */
export function text(form: string, pattern: RegExp): SettingType<string> {
  return { form, json: 'text', read: (typed) => (pattern.test(typed) ? typed : undefined), spell: (value) => value };
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): SettingType<number> {
  return {
    form: `a whole number from ${min} to ${max}`,
    json: 'number',
    read: (typed) => {
      const value = /^\d{1,15}$/.test(typed) ? Number(typed) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
    spell: String,
  };
}

/** One of a closed set of words. */
export function choice<const T extends string>(words: readonly T[]): SettingType<T> {
  return {
    form: `one of ${words.join(', ')}`,
    json: 'text',
    choices: words,
    read: (typed) => words.find((word) => word === typed.toLowerCase()),
    spell: (value) => value,
  };
}

const YES = ['true', 'yes', 'on', '1'];
const NO = ['false', 'no', 'off', '0'];

/** Yes or no. */
export const flag: SettingType<boolean> = {
  form: 'true or false',
  json: 'boolean',
  choices: ['true', 'false'],
  read: (typed) => (YES.includes(typed.toLowerCase()) ? true : NO.includes(typed.toLowerCase()) ? false : undefined),
  spell: String,
};

/** A length of time longer than nothing. */
export const duration: SettingType<Milliseconds> = {
  form: DURATION_FORM,
  json: 'text',
  read: (typed) => {
    const value = parseDuration(typed);
    return value === 0 ? undefined : value;
  },
  spell: formatDuration,
};

/** A length of time, or no end at all. */
export const limit: SettingType<DurationLimit> = { form: LIMIT_FORM, json: 'text', read: parseLimit, spell: formatLimit };

/** How long something is waited for; `off` for not at all. */
export const wait: SettingType<Milliseconds | 'off'> = {
  form: `${DURATION_FORM}, or off`,
  json: 'text',
  read: (typed) => {
    const length = parseLimit(typed);
    return length === 'never' ? (typed.trim().toLowerCase() === 'never' ? undefined : 'off') : length;
  },
  spell: (value) => (value === 'off' ? value : formatDuration(value)),
};

/** A number of bytes; `off` for none at all. */
export const bytes: SettingType<number | 'off'> = {
  form: `${BYTES_FORM}, or off`,
  json: 'text',
  read: (typed) => (typed.toLowerCase() === 'off' ? 'off' : parseBytes(typed)),
  spell: (value) => (value === 'off' ? value : formatBytes(value)),
};

/** What a desktop may write to the disk: a number of bytes, or `off` for no bound. */
export const diskBytes: SettingType<number | 'off'> = {
  ...bytes,
  form: `${BYTES_FORM}, ${formatBytes(LEAST_DISK_BYTES)} at least, or off`,
  read(typed) {
    const value = bytes.read(typed);
    return value === 'off' || (value !== undefined && value >= LEAST_DISK_BYTES) ? value : undefined;
  },
};

/** A host and a port to listen on: the host without brackets. */
export interface ListenAddress {
  host: string;
  port: number;
}

/** An address to listen on, a port alone meaning this host only; or `off`. */
export const listenAddress: SettingType<ListenAddress | 'off'> = {
  form: 'an address like 127.0.0.1:8080, or off',
  json: 'text',
  read: (typed) => {
    if (typed.toLowerCase() === 'off') return 'off';
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]:|([^:]*):)?(\d{1,5})$/.exec(typed) ?? [];
    const host = bracketed ?? (plain || '127.0.0.1');
    if (port === undefined || Number(port) > 65_535 || !isIP(host)) return undefined;
    return { host, port: Number(port) };
  },
  spell: (value) => (value === 'off' ? value : `${value.host.includes(':') ? `[${value.host}]` : value.host}:${value.port}`),
};

/** Origins of pages, with commas between; or `*` alone. */
export const origins: SettingType<readonly string[]> = {
  form: 'a list of origins like https://example.org, or *',
  json: 'text',
  read: (typed) => {
    const list = typed.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
    if (list.length === 1 && list[0] === '*') return list;
    return list.every((entry) => /^https?:\/\/[^/?#@]+$/i.test(entry) && URL.canParse(entry) && new URL(entry).origin === entry) ? list : undefined;
  },
  spell: (value) => value.join(', '),
};

/** Some of a closed set of words, with commas between. */
export function words<const T extends string>(choices: readonly T[]): SettingType<readonly T[]> {
  return {
    form: `some of ${choices.join(', ')}, with commas between`,
    json: 'text',
    choices,
    read: (typed) => {
      const list = typed.split(',').map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
      const known = choices.filter((word) => list.includes(word));
      return list.every((entry) => choices.some((word) => word === entry)) ? known : undefined;
    },
    spell: (value) => value.join(', '),
  };
}

/** How many of which image; without an image, of the one that is the default. */
export interface ImageCount {
  image: string | undefined;
  count: number;
}

const MOST = 100;

/** Counts of images, as `firefox-kiosk=3,desktop=1`; a number alone for the default image; 0 or off for none. */
export const imageCounts: SettingType<readonly ImageCount[]> = {
  form: `a number up to ${MOST}, or images with numbers like firefox-kiosk=3,desktop=1`,
  json: 'text',
  read: (typed) => {
    if (typed.toLowerCase() === 'off') return [];
    const counts = typed.split(',').map((part): ImageCount | undefined => {
      const [, image, digits] = /^(?:([a-zA-Z0-9][a-zA-Z0-9_./:@-]*)=)?(\d{1,3})$/.exec(part.trim()) ?? [];
      return digits === undefined || Number(digits) > MOST ? undefined : { image, count: Number(digits) };
    });
    const images = new Set(counts.map((one) => one?.image));
    return counts.every((one) => one !== undefined) && images.size === counts.length ? counts.filter(({ count }) => count > 0) : undefined;
  },
  spell: (value) => value.map(({ image, count }) => (image === undefined ? String(count) : `${image}=${count}`)).join(',') || 'off',
};

/** A web address. */
export const webAddress: SettingType<string> = {
  form: 'a web address like https://example.org/',
  json: 'text',
  read: (typed) => (typed === 'about:blank' || (/^https?:\/\/[\x21-\x7e]+$/i.test(typed) && URL.canParse(typed)) ? typed : undefined),
  spell: (value) => value,
};

/** An IPv4 or IPv6 address. */
export const ipAddress: SettingType<string> = {
  form: 'an IP address like 127.0.0.1',
  json: 'text',
  read: (typed) => (isIP(typed) ? typed : undefined),
  spell: (value) => value,
};

/** A host name or an IP address. */
export const hostName: SettingType<string> = {
  form: 'a host name or an IP address',
  json: 'text',
  read: (typed) => (isIP(typed) || /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(typed) ? typed : undefined),
  spell: (value) => value,
};

/** A path that means the same file wherever a program is started. */
export const absolutePath: SettingType<string> = text('an absolute path', /^\/[^\0\n]+$/);

/** A network in CIDR notation, host bits zero. */
export const subnet: SettingType<string> = {
  form: 'a network like 172.30.0.0/16 (address and length, host bits zero)',
  json: 'text',
  read: (typed) => (isSubnet(typed) ? typed : undefined),
  spell: (value) => value,
};

/** Addresses and networks, with commas or spaces between them; or none. */
export const networks: SettingType<readonly string[]> = {
  form: 'addresses and networks like 127.0.0.1, 10.0.0.0/8, or none',
  json: 'text',
  read: (typed) => {
    const listed = typed.toLowerCase() === 'none' ? [] : typed.split(/[\s,]+/).filter((entry) => entry !== '');
    return listed.every((entry) => isIP(entry) || isSubnet(entry)) ? listed : undefined;
  },
  spell: (value) => (value.length === 0 ? 'none' : value.join(', ')),
};

/** A template of public addresses. */
export const publicTemplate: SettingType<PublicTemplate> = { form: PUBLIC_TEMPLATE_FORM, json: 'text', read: parsePublicTemplate, spell: (value) => value };

function isSubnet(typed: string): boolean {
  const [address = '', length = '', ...rest] = typed.split('/');
  if (rest.length > 0 || !isIP(address) || !/^\d{1,3}$/.test(length)) return false;
  if (!isIPv4(address)) return Number(length) <= 128;
  if (Number(length) > 32) return false;
  const bits = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return bits % 2 ** (32 - Number(length)) === 0;
}
