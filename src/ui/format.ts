// `--format '{{.Field}}'`: the part of Go's templates that people use with docker. Fields, `{{json .}}`, `{{json .Field}}`, and
// `\t` and `\n` as two characters, since shells pass them so.
import { nearest } from '../core/nearest.ts';
import { VncctlError } from '../errors.ts';

/** One row's fields by the names that templates use. */
export type FormatRow = Readonly<Record<string, unknown>>;

/** Checks a template against the fields there are and returns what fills it in, so that a mistake shows without any row. Throws USAGE. */
export function parseFormat(template: string, fields: readonly string[]): (row: FormatRow) => string {
  const parts = template.split(/(\{\{.*?\}\})/s).map((part) => (part.startsWith('{{') && part.endsWith('}}') ? parseAction(part, fields) : literal(part, template)));
  return (row) => parts.map((part) => (typeof part === 'string' ? part : part(row))).join('');
}

function literal(text: string, template: string): string {
  if (text.includes('{{') || text.includes('}}')) throw new VncctlError('USAGE', `--format: unpaired braces in "${template}"`, { hint: "write fields like this: --format '{{.Client}} {{.Status}}'" });
  return text.replace(/\\([tn\\])/g, (_, letter: string) => (letter === 't' ? '\t' : letter === 'n' ? '\n' : '\\'));
}

function parseAction(action: string, fields: readonly string[]): (row: FormatRow) => string {
  const inner = action.slice(2, -2).trim();
  if (inner === 'json .') return (row) => JSON.stringify(row);
  const match = /^(json\s+)?\.([A-Za-z]\w*)$/.exec(inner);
  const field = match?.[2];
  if (field === undefined) throw new VncctlError('USAGE', `--format: "${action}" is not understood`, { hint: `use {{.Field}}, {{json .Field}} or {{json .}}; fields: ${fields.join(', ')}` });
  if (!fields.includes(field)) {
    const close = nearest(field, fields);
    throw new VncctlError('USAGE', `--format: there is no field "${field}"`, { hint: `${close === undefined ? '' : `did you mean ${close}? `}fields: ${fields.join(', ')}` });
  }
  return match?.[1] === undefined ? (row) => spell(row[field]) : (row) => JSON.stringify(row[field] ?? null);
}

function spell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
