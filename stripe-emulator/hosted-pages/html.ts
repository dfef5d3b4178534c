/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[] | undefined;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const textOf = (part: Part): string => {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return String(part).replaceAll(/[&<>"']/g, (character) => escapes[character]!);
};

/** HTML from a template; whatever is put into it is escaped, unless it is HTML itself. */
export const html = (parts: TemplateStringsArray, ...values: readonly Part[]): Html =>
  new Html(String.raw({ raw: parts }, ...values.map(textOf)));

/** A whole page, for a small screen first. */
export const page = (title: string, main: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<header><p>Test mode: no money moves</p></header>
<main>
${main}
</main>
</body>
</html>
`.text;

const style = new Html(`
:root { color-scheme: light; --ink: #1a1f36; --quiet: #4f566b; --line: #c1c9d2; --accent: #0a58ca; --alarm: #b00020; }
* { box-sizing: border-box; }
body { margin: 0; background: #f6f8fa; color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header { background: #ffd666; text-align: center; font-size: 0.875rem; font-weight: 600; }
header p { margin: 0; padding: 0.25rem; }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
@media (min-width: 34rem) {
  main { margin-top: 2.5rem; padding: 2rem; background: #fff; border-radius: 12px; box-shadow: 0 4px 18px #1a1f3618; }
}
h1 { margin: 0 0 1rem; font-size: 1.75rem; line-height: 1.2; }
table { width: 100%; border-collapse: collapse; margin-bottom: 1.5rem; }
th, td { padding: 0.375rem 0; text-align: left; vertical-align: top; }
tr > :not(:first-child) { padding-left: 0.75rem; }
.lines tr > :first-child { width: 100%; overflow-wrap: anywhere; }
.lines tr > :not(:first-child) { text-align: right; white-space: nowrap; }
thead th { color: var(--quiet); font-size: 0.875rem; font-weight: 500; }
tbody th { font-weight: 400; }
tfoot th, tfoot td { border-top: 1px solid var(--line); font-weight: 600; }
nav { display: flex; gap: 0.5rem; margin-bottom: 1rem; }
nav a { flex: 1; padding: 0.625rem; border: 1px solid var(--line); border-radius: 8px; color: var(--ink); text-align: center; text-decoration: none; }
nav a[aria-current] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); font-weight: 600; }
form > div { margin-top: 1rem; }
label { display: block; font-size: 0.9375rem; font-weight: 500; }
input { display: block; width: 100%; margin-top: 0.25rem; padding: 0.625rem 0.75rem; border: 1px solid #6b7385; border-radius: 8px; background: #fff; color: inherit; font: inherit; }
input[aria-invalid] { border-color: var(--alarm); box-shadow: inset 0 0 0 1px var(--alarm); }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 0.75rem; }
button { display: block; width: 100%; margin-top: 1.25rem; padding: 0.75rem; border: 1px solid var(--accent); border-radius: 8px; background: var(--accent); color: #fff; font: inherit; font-weight: 600; cursor: pointer; }
button.second { background: #fff; color: var(--accent); }
:focus-visible { outline: 3px solid #0a58ca80; outline-offset: 2px; }
.alert { margin: 0 0 1rem; padding: 0.75rem 1rem; border: 1px solid var(--alarm); border-radius: 8px; background: #fff0f2; color: #8a0019; }
.quiet { color: var(--quiet); font-size: 0.875rem; }
a { color: var(--accent); }
details { margin-top: 1.5rem; }
code { font-size: 0.9375rem; white-space: nowrap; }
`);
