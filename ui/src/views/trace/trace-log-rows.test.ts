import { beforeEach, describe, expect, it, vi } from 'vitest';

const query = new URLSearchParams();
vi.mock('../../route/router.svelte', () => ({
  router: { route: { query } },
  setQuery: ({ logs }: { logs: string | null }) => (logs === null ? query.delete('logs') : query.set('logs', logs)),
}));
vi.mock('../../api/client', () => ({ fetchLogs: () => Promise.reject(new Error('not asked here')) }));
const { LogRows } = await import('./trace-log-rows.svelte');

beforeEach(() => query.delete('logs'));

const pressed = (rows: InstanceType<typeof LogRows>): [boolean, string | null] => {
  rows.toggle();
  return [rows.on, query.get('logs')];
};

describe('rows of log records', () => {
  it('are there for few records without being asked for, and go and come at a press', () => {
    const rows = new LogRows(200);
    expect([rows.on, rows.waiting]).toEqual([true, true]);
    rows.come();
    expect([rows.on, rows.waiting]).toEqual([true, false]);
    expect(pressed(rows)).toEqual([false, 'off']);
    expect(pressed(rows)).toEqual([true, null]);
  });

  it('are there for many only at a press', () => {
    const rows = new LogRows(201);
    expect([rows.on, rows.waiting]).toEqual([false, false]);
    expect(pressed(rows)).toEqual([true, 'rows']);
    expect(pressed(rows)).toEqual([false, null]);
  });

  it('do not come by themselves between rows that are read already', () => {
    const rows = new LogRows(3);
    rows.miss();
    rows.come();
    expect([rows.on, rows.waiting]).toEqual([false, false]);
    expect(pressed(rows)).toEqual([true, 'rows']);
  });

  it('stay where the records were there in time', () => {
    const rows = new LogRows(3);
    rows.come();
    rows.miss();
    expect(rows.on).toBe(true);
  });

  it('are not waited for where there are none or they are not wanted', () => {
    expect(new LogRows(0).waiting).toBe(false);
    query.set('logs', 'off');
    expect([new LogRows(3).on, new LogRows(3).waiting]).toEqual([false, false]);
  });
});
