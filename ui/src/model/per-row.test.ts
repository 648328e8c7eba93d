import { expect, it, vi } from 'vitest';
import { perRow } from './per-row';

it('works out each row once, also where nothing comes of it', () => {
  const work = vi.fn((row: number) => (row === 0 ? null : row * 2));
  const known = perRow(work);
  expect([known(3), known(0), known(3), known(0), work.mock.calls]).toEqual([6, null, 6, null, [[3], [0]]]);
});
