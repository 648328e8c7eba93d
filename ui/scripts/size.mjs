// Fails when the built view is larger than its budget (gzipped), and prints what it weighs.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const folder = new URL('../../collector/spanwise_collector/static/assets/', import.meta.url);
const budget = { js: 90_000, css: 20_000 };
const weight = { js: 0, css: 0 };

for (const name of readdirSync(folder)) {
  const kind = name.split('.').at(-1);
  if (kind in weight) weight[kind] += gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length;
}
for (const [kind, bytes] of Object.entries(weight)) {
  const over = bytes > budget[kind];
  console.log(`${kind}: ${(bytes / 1000).toFixed(1)} of ${budget[kind] / 1000} kB${over ? ' TOO LARGE' : ''}`);
  if (over || bytes === 0) process.exitCode = 1;
}
