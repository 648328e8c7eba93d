import { readdirSync, readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const collector = process.env.SPANWISE_URL ?? 'http://127.0.0.1:4318';

// Modules in which a test puts others in place of what is imported: only isolation takes that back after the file.
const mocking = readdirSync(new URL('src', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `src/${name}`)
  .filter((path) => readFileSync(new URL(path, import.meta.url), 'utf8').includes('vi.mock('));

export default defineConfig({
  // Relative, so that the collector can serve the view under a path prefix: it only has to rewrite <base href>.
  base: './',
  plugins: [svelte()],
  build: {
    outDir: '../collector/spanwise_collector/static',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // A data: address would break `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: Object.fromEntries(['/api', '/v1', '/healthz', '/readyz', '/openapi.json'].map((path) => [path, collector])),
  },
  // Properties take long where the machine is busy with something else.
  // One process for all other files, which is three times as quick as one each; but the time zone is the process's.
  test: {
    environment: 'node',
    testTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['src/**/*.test.ts'],
          exclude: ['src/**/*.zone.test.ts', ...mocking],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'mocking', include: mocking } },
      { extends: true, test: { name: 'zones', include: ['src/**/*.zone.test.ts'] } },
    ],
  },
});
