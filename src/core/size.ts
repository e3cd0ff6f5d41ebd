// Sizes as people type and read them: bytes (`512m`, `1.5g`) and the geometry of a screen (`1280x720`).

/** What a number of bytes looks like, to complete "… is not ". */
export const BYTES_FORM = 'a size like 512m, 1g or 1.5g';

/** What a geometry looks like, to complete "… is not ". */
export const GEOMETRY_FORM = 'a size like 1280x720, each side 16 to 16384';

/** Bounds of a screen's sides in pixels: what an X server takes. */
export const SIDE_MIN = 16;
export const SIDE_MAX = 16_384;

/** What the largest screen of an image looks like, to complete "… is expected". */
export const MAX_SIZE_FORM = `${GEOMETRY_FORM}, with no more pixels than 4096x4096 has`;

/** A screen's size in pixels. */
export interface Geometry {
  width: number;
  height: number;
}

/** The largest screen of an image that says nothing of it. */
export const MAX_SIZE_DEFAULT: Geometry = { width: 4096, height: 4096 };
/** The largest screen that is read anywhere, in pixels: whatever its sides are. */
export const SCREEN_MOST_PIXELS = 4096 * 4096;

const UNIT_BYTES = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const;

/** Parses bytes the way docker does: a unit of 1024s (`k`, `m`, `g`, `t`, with `b` or `ib` after it if wanted), none for bytes. Undefined for anything else and for zero. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b)?$/.exec(text.trim().toLowerCase());
  if (!match) return undefined;
  const unit = (match[2] ?? 'b') as keyof typeof UNIT_BYTES;
  const bytes = Math.round(Number(match[1]) * UNIT_BYTES[unit]);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The largest unit that leaves a short number, read back by `parseBytes` to within a twentieth: `1536 MiB` is `1.5g`. */
export function formatBytes(bytes: number): string {
  for (const unit of ['t', 'g', 'm', 'k'] as const) {
    if (bytes >= UNIT_BYTES[unit]) return `${Number((bytes / UNIT_BYTES[unit]).toFixed(1))}${unit}`;
  }
  return `${bytes}b`;
}

/** Parses `WIDTHxHEIGHT`. Undefined for anything else and for sides out of bounds. */
export function parseGeometry(text: string): Geometry | undefined {
  const match = /^(\d{1,5})\s*[x×]\s*(\d{1,5})$/i.exec(text.trim());
  if (!match) return undefined;
  const width = Number(match[1]);
  const height = Number(match[2]);
  const fits = (side: number): boolean => side >= SIDE_MIN && side <= SIDE_MAX;
  return fits(width) && fits(height) ? { width, height } : undefined;
}

/** Parses the largest screen of an image. Undefined for what is no geometry, and for more pixels than any reader of pictures takes. */
export function parseMaxSize(text: string): Geometry | undefined {
  const size = parseGeometry(text);
  return size && size.width * size.height <= SCREEN_MOST_PIXELS ? size : undefined;
}

/** A size with no side longer than that of `max`. */
export function boundGeometry({ width, height }: Geometry, max: Geometry): Geometry {
  return { width: Math.min(width, max.width), height: Math.min(height, max.height) };
}

/** `1280x720`. */
export function formatGeometry({ width, height }: Geometry): string {
  return `${width}x${height}`;
}
