import { type FactDefinition, publishedSchema, schemaPath } from '../../events/catalogue/definition.js';
import { facts } from '../../events/catalogue/facts.js';
import { headersOf } from '../../events/catalogue/headers.js';
import { sampleRecord } from '../../events/catalogue/sample-record.js';
import { deadLetterTopics, partitions } from '../../events/catalogue/topics.js';
import { catalogueVersion } from '../../events/catalogue/version.js';
import { type Field, fieldsOf } from './fields.js';
import { style } from './style.js';

/** The event catalogue for people: one page, without a script and without anything from elsewhere. */
export function eventDocsPage(): string {
  const all: readonly FactDefinition[] = Object.values(facts);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Holdfast facts</title>
<style>${style}</style>
</head>
<body>
<nav aria-label="Facts">
  <a class="home" href="#top">Holdfast facts</a>
  <ul><li><a href="#reading">How to read them</a></li><li><a href="#headers">Headers</a></li></ul>
  <ul class="topics">${all.map(({ topic }) => `<li><a href="#${topic}">${topic}</a></li>`).join('')}</ul>
  <ul><li><a href="/docs/events/asyncapi.json">AsyncAPI 3.0</a></li><li><a href="/docs">HTTP API</a></li></ul>
</nav>
<main id="top">
<h1>Holdfast facts <small>${catalogueVersion}</small></h1>
<p class="lead">What became true about orders, payments and stock, told on Kafka.</p>
${overview(all)}
${reading}
<section id="headers"><h2>Headers</h2>
<p>CloudEvents 1.0 in binary mode. All values are text. These are those of <code>${all[0]?.topic}</code>.</p>
${table(fieldsOf(all[0] ? headersOf(all[0]) : {}))}</section>
${all.map(section).join('\n')}
</main>
</body>
</html>
`;
}

const overview = (all: readonly FactDefinition[]): string => `<div class="wide" tabindex="0"><table>
<thead><tr><th>Topic</th><th>Fact</th><th>Told by</th><th>Heard by</th><th>Key</th></tr></thead>
<tbody>${all
  .map(
    ({ topic, title, toldBy, heardBy, key }) =>
      `<tr><td><a href="#${topic}"><code>${topic}</code></a></td><td>${text(title)}</td><td>${toldBy}</td><td>${heardBy.join(', ')}</td><td><code>${key}</code></td></tr>`,
  )
  .join('')}</tbody></table></div>`;

const reading = `<section id="reading"><h2>How to read them</h2>
<ul>
<li>A fact carries the whole order as it was when the fact became true. The one with the highest <code>ce_sequence</code> of its key is the newest.</li>
<li>Each topic has ${partitions} partitions, and the key keeps a key's records in order within a topic. Across topics its facts may come in any order.</li>
<li>A fact comes at least once. <code>ce_id</code> names it: what you have seen, leave.</li>
<li>Fields may be added. Read those you know and pass over the others.</li>
<li>A field with a list of values has no others. Where more may come, the field is a string and says that it is open.</li>
<li>What a service gave up on lies in its own topic: ${deadLetterTopics.map((topic) => `<code>${topic}</code>`).join(', ')}.</li>
</ul></section>`;

function section(fact: FactDefinition): string {
  const { topic, version, title, told, toldBy, heardBy, key } = fact;
  const { headers, value } = sampleRecord(fact);
  return `<section id="${topic}"><h2><a href="#${topic}">${topic}</a> <small>${text(title)}</small></h2>
<p>${text(told)}</p>
<dl>
<div><dt>Told by</dt><dd>${toldBy}</dd></div>
<div><dt>Heard by</dt><dd>${heardBy.join(', ')}</dd></div>
<div><dt>Key</dt><dd><code>${key}</code></dd></div>
<div><dt>Schema</dt><dd><a href="${schemaPath(fact)}">version ${version}</a></dd></div>
</dl>
${table(fieldsOf(publishedSchema(fact)))}
<details><summary>Example</summary>
<pre tabindex="0">${text(
    Object.entries(headers)
      .map(([name, each]) => `${name}: ${each}`)
      .join('\n'),
  )}

${text(JSON.stringify(value, null, 2))}</pre></details>
</section>`;
}

const table = (fields: readonly Field[]): string => `<div class="wide" tabindex="0"><table class="fields">
<thead><tr><th>Field</th><th>Type</th><th>Meaning</th></tr></thead>
<tbody>${fields
  .map(
    ({ path, type, isRequired, about }) =>
      `<tr><td><code>${text(path)}</code>${isRequired ? '' : ' <em>optional</em>'}</td><td class="type">${text(type)}</td><td>${text(about)}</td></tr>`,
  )
  .join('')}</tbody></table></div>`;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Plain text as HTML; what stands between backticks is code. */
const text = (plain: string): string =>
  plain.replace(/[&<>"]/g, (each) => escapes[each] ?? each).replace(/`([^`]+)`/g, '<code>$1</code>');
