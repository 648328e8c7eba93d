import { afterEach, expect, test, vi } from 'vitest';

class Source {
  onopen = null;
  onerror = null;
  listeners = new Map<string, (event: { data: string }) => void>();
  addEventListener(kind: string, listener: (event: { data: string }) => void): void {
    this.listeners.set(kind, listener);
  }
  say(kind: string, data: object): void {
    this.listeners.get(kind)?.({ data: JSON.stringify(data) });
  }
  close(): void {}
}

const opened: Source[] = [];
vi.mock('../../api/search', () => ({
  openTail: () => {
    opened.push(new Source());
    return opened.at(-1);
  },
}));
vi.mock('../../route/preferences.svelte', () => ({ learnServices: () => {} }));
const { Tail } = await import('./tail.svelte');

afterEach(() => opened.splice(0));

test.each([
  ['store_away', false, ''],
  ['store_away', true, ''],
  ['query_limit', false, ''],
  ['query_limit', true, 'why'],
])(
  'a tail that could not read (%s, missed: %s) goes on, and only what was missed for good stays said',
  (code, missed, after) => {
    const tail = new Tail();
    const stop = tail.start('');
    const source = opened[0] as Source;
    source.say('failed', { code, message: 'why', missed });
    expect([tail.failed, tail.missed]).toEqual(['why', missed]);
    source.say('position', {});
    expect([tail.failed, tail.limited]).toEqual([after, code === 'query_limit']);
    stop();
  },
);
