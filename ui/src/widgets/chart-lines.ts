/** What a chart over time draws. */
import type { Steps } from '../model/series';

export interface Line {
  readonly name: string;
  readonly tone: 'accent' | 'error' | 'warn' | 'plain' | 'before';
  readonly values: readonly (number | null)[];
  /** Bars stand on each other, in their order. */
  readonly bar?: boolean;
}

/** A moment that may explain a change. */
export interface Mark {
  readonly time: number;
  readonly label: string;
}

export const TONES: Readonly<Record<Line['tone'], string>> = {
  accent: 'var(--accent)',
  error: 'var(--error)',
  warn: 'var(--warn)',
  plain: 'var(--control)',
  before: 'var(--text-3)',
};

/** When a step begins. */
export const stepTime = (steps: Steps, index: number): number => steps.start + index * steps.step;
export const within = (steps: Steps, time: number): boolean =>
  time >= steps.start && time < stepTime(steps, steps.count);
/** Where a moment is drawn. */
export const leftOf = (steps: Steps, time: number, width: number): number =>
  ((time - steps.start) / (steps.step * steps.count)) * width;
