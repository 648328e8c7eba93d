import { describe, expect, it } from 'vitest';
import { namedLink, pinnedLink, unnamedQuery } from './pinned-link';

const NOW = Date.UTC(2026, 10, 21, 14, 0, 0);

describe('pinnedLink', () => {
  it('turns relative times into those they stand for, and leaves the rest alone', () => {
    expect([
      pinnedLink('http://c/traces?q=service:a&from=now-15m', 'now-1h', NOW),
      pinnedLink('http://c/map', 'now-1h', NOW),
      pinnedLink('http://c/traces?from=all', 'now-1h', NOW),
      pinnedLink('http://c/t/ab?sel=cd', null, NOW),
      pinnedLink('http://c/logs?from=2026-11-21T12:00:00Z&to=now-5m', 'now-1h', NOW),
      pinnedLink('http://c/settings/keys', null, NOW),
    ]).toEqual([
      'http://c/traces?q=service:a&from=2026-11-21T13:45:00.000Z&to=2026-11-21T14:00:00.000Z&v=1',
      'http://c/map?from=2026-11-21T13:00:00.000Z&to=2026-11-21T14:00:00.000Z&v=1',
      'http://c/traces?from=all&v=1',
      'http://c/t/ab?sel=cd&v=1',
      'http://c/logs?from=2026-11-21T12:00:00Z&to=2026-11-21T13:55:00.000Z&v=1',
      'http://c/settings/keys',
    ]);
  });
});

describe('a view that the collector keeps', () => {
  it('is named by its query, and comes back with what stands beside the name', () => {
    const named = namedLink('http://c/base/t/ab?fold=1,2&find=a%26b#x', 'HASH');
    expect(named).toBe('http://c/base/t/ab?s=HASH#x');
    const query = new URLSearchParams(`${new URL(named).search}&sel=cd`);
    expect(unnamedQuery(query, 'fold=1,2&find=a%26b&sel=ab&s=OTHER').toString()).toBe('fold=1%2C2&find=a%26b&sel=cd');
  });
});
