import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChosenKeys, COMMANDS, type CommandName, canBeChosen, choose, KEY_GROUPS, keyOf, means } from './keymap';

const NAMES = Object.keys(COMMANDS) as CommandName[];
const press = (key: string, code = ''): { key: string; code: string } => ({ key, code });

describe('keys', () => {
  it('lists each command once', () => {
    const listed = KEY_GROUPS.flatMap(([, entries]) => entries).filter((entry) => typeof entry === 'string');
    expect([...listed].sort()).toEqual([...NAMES].sort());
  });

  it('never gives one key to two commands, whatever is chosen', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...'abcdeEgGnNwxyz/.+- 089')));
    fc.assert(
      fc.property(steps, (chosen) => {
        const now = chosen.reduce<ChosenKeys>((before, [name, key]) => choose(before, name, key), {});
        for (const pages of [true, false]) {
          const keys = NAMES.filter((name) => name.startsWith('go.') === pages).map((name) => keyOf(now, name));
          expect(new Set(keys).size).toBe(keys.length);
        }
      }),
    );
  });

  it('exchanges the keys of two commands, and forgets a choice that is the default', () => {
    const swapped = choose({}, 'nextError', 'n');
    expect(swapped).toEqual({ nextError: 'n', nextMatch: 'e' });
    expect(choose(swapped, 'nextError', 'e')).toEqual({});
  });

  it('knows zooming by the place on the keyboard until a key is chosen for it', () => {
    expect(means({}, 'zoomIn', press('z', 'KeyW'))).toBe(true);
    expect(means({}, 'zoomIn', press('w', 'KeyZ'))).toBe(false);
    expect(means({}, 'later', press('D', 'KeyD'))).toBe(false);
    expect(means({ zoomIn: 'i' }, 'zoomIn', press('z', 'KeyW'))).toBe(false);
    expect(means({ zoomIn: 'i' }, 'zoomIn', press('i', 'KeyI'))).toBe(true);
  });

  it('takes single signs, but not those of the ways to see a trace', () => {
    expect(['b', '(', 'ß', '😀', ' '].map(canBeChosen)).toEqual([true, true, true, true, true]);
    expect(['Enter', '1', '7', '', 'Dead'].map(canBeChosen)).toEqual([false, false, false, false, false]);
  });
});
