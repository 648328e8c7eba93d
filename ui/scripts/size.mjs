// Fails when the first load or a part that is loaded later is larger than its budget (gzipped), and prints what each weighs.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const folder = new URL('../../collector/spanwise_collector/static/', import.meta.url);
const names = readdirSync(new URL('assets/', folder));
/** In bytes: script and style that must be there before the home page can be drawn, and any later part with its style. */
const BUDGET = { first: 90_000, styles: 20_000, later: 40_000 };

const text = (name) => readFileSync(new URL(`assets/${name}`, folder), 'utf8');
const weight = (name) => gzipSync(text(name), { level: 9 }).length;
const sum = (some) => some.reduce((bytes, name) => bytes + weight(name), 0);

/** A part and what it imports at once: not what it imports when it is asked for. */
function withImports(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, imported] of text(name).matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g))
    withImports(imported, found);
  return found;
}

const entry = /src="\.\/assets\/([^"]+\.js)"/.exec(readFileSync(new URL('index.html', folder), 'utf8'))[1];
const home = names.find((name) => /^HomePage-.*\.js$/.test(name));
const first = new Set([...withImports(entry), ...withImports(home)]);

/** `MapPage` of `MapPage-CY1KguF_.js`: the hash has eight characters, of which a hyphen may be one. */
const part = (name) => name.replace(/-.{8}\.\w+$/, '');
const styles = names.filter((name) => name.endsWith('.css'));
const styleOf = (name) => styles.filter((style) => part(style) === part(name));

function report(what, bytes, budget) {
  const over = bytes > budget || bytes === 0;
  console.log(`${what}: ${(bytes / 1000).toFixed(1)} of ${budget / 1000} kB${over ? ' TOO LARGE' : ''}`);
  if (over) process.exitCode = 1;
}

report('script of the first load', sum([...first]), BUDGET.first);
report('style of the first load', sum([...first].flatMap(styleOf)), BUDGET.styles);
for (const name of names.filter((each) => each.endsWith('.js') && !first.has(each)).sort())
  report(part(name), weight(name) + sum(styleOf(name)), BUDGET.later);
