// `--format` templates in the manner of docker: {{.Field}}, with \t and \n.
import { nearest } from '../core/nearest.ts';
import { VncctlError } from '../errors.ts';

/** One row through a template; null becomes nothing. USAGE for a field that is not there, naming the nearest. */
export function formatRow(template: string, fields: Readonly<Record<string, string | number | null>>): string {
  const filled = template.replace(/\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    const name = expression.replace(/^\./, '');
    const value = fields[name];
    if (value === undefined) throw unknownField(name, Object.keys(fields));
    return value === null ? '' : String(value);
  });
  return filled.replace(/\\t/g, '\t').replace(/\\n/g, '\n');
}

/** Checks a template before there is anything to show, so that a typo is told of an empty list too. */
export function checkFormat(template: string, fields: readonly string[]): void {
  formatRow(template, Object.fromEntries(fields.map((field) => [field, ''])));
}

function unknownField(name: string, known: readonly string[]): VncctlError {
  const close = nearest(name, known);
  return new VncctlError('USAGE', `--format: there is no field "${name}"`, { hint: close ? `did you mean {{.${close}}}?` : `fields: ${known.join(', ')}` });
}
