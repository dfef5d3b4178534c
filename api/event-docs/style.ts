/** Of the event catalogue's page: readable on a wide screen, a narrow one and paper, by day and by night. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6676; --line: #dde2e8; --paper: #fff; --shade: #f5f7f9; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ed; --soft: #9aa6b4; --line: #2d3642; --paper: #14181e; --shade: #1c222a; --link: #7db6f2; }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; display: grid; grid-template-columns: 15rem minmax(0, 1fr); background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem; background: var(--shade);
  border-right: 1px solid var(--line); font-size: .9rem; }
nav .home { font-weight: 650; color: var(--ink); font-size: 1rem; }
nav ul { list-style: none; margin: 1rem 0 0; padding: 1rem 0 0; border-top: 1px solid var(--line); }
nav li { padding: .15rem 0; overflow-wrap: anywhere; }
main { padding: 2rem 3rem 6rem; max-width: 68rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .5rem; }
h2 a { color: inherit; }
small { font-weight: 400; color: var(--soft); font-size: 1rem; margin-left: .4rem; }
section { margin-top: 3rem; padding-top: 1.75rem; border-top: 1px solid var(--line); }
p, li { max-width: 46rem; }
.lead { color: var(--soft); font-size: 1.1rem; margin: .4rem 0 1.75rem; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .8rem; border-bottom: 1px solid var(--line); }
th, td { padding: .4rem 1rem .4rem 0; vertical-align: top; }
td { border-bottom: 1px solid var(--line); }
td em { display: block; color: var(--soft); font-size: .8rem; font-style: normal; }
.fields { table-layout: fixed; min-width: 38rem; }
.fields th:nth-child(1) { width: 14rem; }
.fields th:nth-child(2) { width: 13rem; }
.type { color: var(--soft); font-size: .82rem; overflow-wrap: anywhere; }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--link); font-size: .9rem; }
pre { background: var(--shade); border: 1px solid var(--line); border-radius: 6px; padding: 1rem; overflow-x: auto; font-size: .8rem; }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; border: 0; border-bottom: 1px solid var(--line); }
  nav .topics { columns: 2; }
  main { padding: 1.5rem 1.25rem 4rem; }
}
@media print { nav { display: none; } body { display: block; } }
`;
