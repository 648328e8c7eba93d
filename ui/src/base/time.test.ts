import { describe, expect, it } from 'vitest';
import { ago, clock, knownZone, moment, namedZones, shortStamp, stamp, zoneLabel } from './time';

const NOON = Date.UTC(2026, 10, 21, 12, 0, 1, 482) * 1e6;

describe('times', () => {
  it('carry their zone', () => {
    expect(stamp(NOON, 'utc')).toBe('2026-11-21 12:00:01.482 UTC');
    expect(stamp(NOON, 'Asia/Kathmandu')).toBe('2026-11-21 17:45:01.482 GMT+5:45');
  });

  it('are of a zone that this browser knows', () => {
    expect(namedZones()).toContain('America/New_York');
    const kept = ['utc', 'local', 'America/New_York', 'Nowhere/Land', 'javascript:'];
    expect(kept.map(knownZone)).toEqual(['utc', 'local', 'America/New_York', 'local', 'local']);
    expect(kept.map(knownZone).map(zoneLabel)).toEqual(['UTC', 'Local', 'New York', 'Local', 'Local']);
  });

  it('leave out the day when it is today', () => {
    const today = shortStamp(NOON, 'utc', NOON / 1e6 + 5000);
    const tomorrow = shortStamp(NOON, 'utc', NOON / 1e6 + 86_400_000);
    expect([today, tomorrow, clock(NOON, 'utc', 0)]).toEqual(['12:00:01', '21 Nov 12:00:01', '12:00:01']);
  });

  it('are as short as they can be read', () => {
    const [full, later] = [Date.UTC(2026, 10, 21, 12) * 1e6, Date.UTC(2026, 10, 22, 12) / 1];
    expect([moment(NOON, 'utc', later), moment(full, 'utc', later), moment(NOON, 'utc', later, full)]).toEqual([
      '21 Nov 12:00:01',
      '21 Nov 12:00',
      '12:00:01',
    ]);
  });

  it('say how long ago, and when a clock is ahead', () => {
    const at = NOON / 1e6;
    expect(
      [at, at + 12_000, at + 300_000, at + 4 * 3_600_000, at + 3 * 86_400_000, at - 60_000].map((now) =>
        ago(NOON, now),
      ),
    ).toEqual(['just now', '12 s ago', '5 min ago', '4 h ago', '3 d ago', 'in 60 s']);
  });
});
