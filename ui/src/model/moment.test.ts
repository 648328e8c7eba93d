import { describe, expect, it } from 'vitest';
import { deepestAt } from './moment';
import { makeTrace } from './testing';
import { buildModel, nameOf } from './trace-model';

describe('deepestAt', () => {
  it('is the innermost call at a moment, and nothing where nothing runs', () => {
    const model = buildModel(
      makeTrace(
        { name: 'root', start: 0, duration: 100, children: [{ name: 'child', start: 10, duration: 20 }] },
        { name: 'later', start: 200, duration: 10 },
      ),
    );
    const at = [5, 15, 50, 150, 205].map((ms) => deepestAt(model, ms * 1e6));
    expect(at.map((row) => (row < 0 ? null : nameOf(model, row)))).toEqual(['root', 'child', 'root', null, 'later']);
  });
});
