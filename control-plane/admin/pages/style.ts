// The look of the pages: warm paper, ink, one green, and the double rule, the wall. One stylesheet, its name made of its
// content, so that browsers may keep it for ever. Imports nothing of ours.

import { createHash } from 'node:crypto';

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f7f5f0; --card: #fffefb; --ink: #1d2321; --soft: #5d6662; --line: #dfdad0; --wall: #b8ae9b;
  --green: #0f5c4d; --on-green: #fffefb; --green-ground: #e3efe9; --ready: #2f7d54;
  --amber: #7d4e00; --amber-ground: #fbf0db; --red: #a8321f; --red-ground: #faeae5;
  --serif: "Newsreader Variable", "Newsreader", "Iowan Old Style", "Palatino Linotype", Georgia, "DejaVu Serif", serif;
  --sans: "Inter Variable", "Inter", system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
  --mono: "JetBrains Mono Variable", "JetBrains Mono", ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15191a; --card: #1b2021; --ink: #e6e4de; --soft: #a3aaa6; --line: #2e3536; --wall: #4b463c;
    --green: #6fc3ac; --on-green: #10201c; --green-ground: #1d3a34; --ready: #6fc3ac;
    --amber: #e2b15c; --amber-ground: #33291a; --red: #ef8f7c; --red-ground: #37211d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; grid-template-columns: 212px minmax(0, 1fr);
  background: var(--paper); color: var(--ink); font: 14px/1.5 var(--sans);
}
:focus-visible { outline: 2px solid var(--green); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.skip { position: absolute; left: 8px; top: -60px; background: var(--card); color: var(--green); padding: 8px 12px; z-index: 1; }
.skip:focus { top: 8px; }
header {
  display: flex; flex-direction: column; justify-content: space-between; gap: 24px;
  padding: 20px 24px; border-right: 4px double var(--wall);
}
header p { margin: 4px 0; color: var(--soft); font-size: 12px; }
header .brand { font: 500 20px/1.3 var(--serif); margin: 0; color: var(--ink); }
main { padding: 20px 32px 48px; max-width: 1200px; width: 100%; }
h1 { font: 500 26px/1.25 var(--serif); margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 13px; font-weight: 600; margin: 32px 0 8px; }
h2::first-letter { text-transform: uppercase; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 4px 24px; }
.head p, .lead { color: var(--soft); margin: 4px 0 12px; }
.lead { max-width: 68ch; }
a { color: var(--green); }
code, .mono { font-family: var(--mono); font-size: 12px; overflow-wrap: anywhere; }
button {
  font: 600 14px/1 var(--sans); min-height: 40px; padding: 10px 16px; border: 1px solid var(--green); border-radius: 6px;
  background: var(--green); color: var(--on-green); cursor: pointer;
}
button.quiet { background: none; color: var(--ink); border-color: var(--line); min-height: 32px; padding: 6px 12px; font-size: 13px; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 4px 16px; overflow-x: auto; }
pre.panel { margin: 0 0 12px; padding: 12px 16px; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); white-space: nowrap; }
th, td { padding: 8px 10px 8px 0; height: 36px; border-bottom: 1px solid var(--line); vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
tbody th { color: var(--ink); }
th.number, td.number { text-align: right; }
td.wide { min-width: 9em; }
td.whole { white-space: nowrap; }
.state { white-space: nowrap; }
.mark { display: inline-block; width: 9px; height: 9px; margin-right: 8px; background: var(--soft); }
.mark.ready { background: var(--ready); border-radius: 50%; }
.mark.failed { background: var(--red); }
.mark.starting { background: var(--amber); transform: rotate(45deg); }
.mark.asleep { background: none; border: 1.5px solid var(--soft); border-radius: 50%; }
.notice { border-left: 3px solid var(--red); background: var(--red-ground); border-radius: 0 8px 8px 0; padding: 12px 16px; margin: 12px 0; }
.notice.attention { border-color: var(--amber); background: var(--amber-ground); }
.notice p { margin: 0; max-width: 90ch; overflow-wrap: anywhere; }
.notice p + p { margin-top: 4px; }
.notice strong { font-weight: 600; }
form.sign-in { max-width: 360px; margin-top: 16px; }
label { display: block; font-weight: 600; font-size: 13px; margin: 16px 0 4px; }
input {
  width: 100%; min-height: 40px; padding: 8px 12px; font: 16px var(--sans); color: var(--ink);
  background: var(--card); border: 1px solid var(--soft); border-radius: 6px;
}
a.button {
  display: block; max-width: 360px; margin-top: 16px; padding: 10px 16px; min-height: 40px; font-weight: 600;
  line-height: 18px; text-align: center; text-decoration: none; border: 1px solid var(--green); border-radius: 6px;
}
form.sign-in button { margin-top: 24px; width: 100%; }
@media (max-width: 719px) {
  body { display: block; }
  header { border-right: 0; border-bottom: 4px double var(--wall); padding: 12px 16px; flex-direction: row; align-items: center; }
  main { padding: 16px 16px 48px; }
  .panel { padding: 0 12px; }
  table, tbody, tr, td, tbody th { display: block; height: auto; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  tbody tr { padding: 8px 0; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  th, td, tbody th { border: 0; padding: 2px 0; }
  td.number { text-align: left; }
  td.whole { white-space: normal; }
  td[data-label]::before { content: attr(data-label) " "; color: var(--soft); }
}
`;

const digest = createHash('sha256').update(STYLE).digest('base64url').slice(0, 16);

export const STYLE_PATH = `/assets/style-${digest}.css`;
