// The document of the API as a page to read: plain HTML without a script, made of the same document.
import { createHash } from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid; }
h3 { margin: 2rem 0 0; font-weight: 600; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .4rem; }
table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .2rem 1rem .2rem 0; }
nav a { margin-right: 1rem; }
`;

/** What the page may do: nothing but wear its own style. */
export const DOCS_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The page of a document. */
export function docsPage(document: Json): string {
  const { info, paths, components } = document as { info: Json; paths: Record<string, Record<string, Json>>; components: { schemas: Record<string, Json> } };
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));
  const tags = [...new Set(operations.map(({ operation }) => tagOf(operation)))];
  const sections = tags.map((tag) => `<h2 id="${escape(tag)}">${escape(tag)}</h2>${operations.filter(({ operation }) => tagOf(operation) === tag).map(operationHtml).join('')}`);
  const schemas = Object.entries(components.schemas).map(([name, schema]) => `<h3 id="schema-${escape(name)}">${escape(name)}</h3><pre>${escape(JSON.stringify(schema, null, 2))}</pre>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>The API of vncctl</title><style>${STYLE}</style></head>
<body>
<h1>The API of vncctl ${escape(String(info['version']))}</h1>
<p>${escape(String(info['description']))} <a href="openapi.json">The same as OpenAPI 3.1</a>.</p>
<nav>${[...tags, 'Forms'].map((tag) => `<a href="#${escape(tag)}">${escape(tag)}</a>`).join('')}</nav>
${sections.join('\n')}
<h2 id="Forms">Forms</h2>
${schemas.join('\n')}
</body>
</html>
`;
}

function tagOf(operation: Json): string {
  return String((operation['tags'] as readonly string[])[0]);
}

function operationHtml({ path, method, operation }: { path: string; method: string; operation: Json }): string {
  const parameters = (operation['parameters'] ?? []) as { name: string; in: string; required: boolean; description?: string }[];
  const body = operation['requestBody'] as { content: Json } | undefined;
  const responses = Object.entries(operation['responses'] as Record<string, { description: string; content?: Json }>);
  const rows = [
    ...parameters.map(({ name, in: place, required, description = '' }) => row(`${escape(name)}`, `${place}${required ? ', required' : ''}`, escape(description))),
    ...(body ? [row('body', 'JSON', formLink(body.content))] : []),
    ...responses.map(([status, { description, content }]) => row(escape(status), 'answer', `${escape(description)} ${formLink(content)}`)),
  ];
  return `<h3><code>${method} ${escape(path)}</code></h3><p>${escape(String(operation['summary']))}. ${escape(String(operation['description']))}</p><table>${rows.join('')}</table>`;
}

const row = (name: string, kind: string, about: string): string => `<tr><th scope="row"><code>${name}</code></th><td>${kind}</td><td>${about}</td></tr>`;

function formLink(content: Json | undefined): string {
  const { schema } = (content?.['application/json'] ?? {}) as { schema?: { $ref?: string } };
  const name = schema?.$ref?.split('/').at(-1);
  return name === undefined ? '' : `<a href="#schema-${escape(name)}">${escape(name)}</a>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
