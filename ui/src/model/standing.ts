/** Where the duration of a span stands among those of its operation. */
import { count } from '../base/format';

/** Of fewer spans a percentile would say nothing. */
export const LEAST_HISTORY = 30;

export interface Standing {
  /** Spans of the same operation, in so many hours before the trace. */
  readonly of: number;
  /** How many of them were quicker. */
  readonly below: number;
  readonly hours: number;
}

/** `p97 of 1,240`, `slowest of 1,240`; empty where there is too little to compare with. */
export function standingText({ of, below }: Standing): string {
  if (of < LEAST_HISTORY) return '';
  if (below >= of) return `slowest of ${count(of)}`;
  return `p${Math.floor((below / of) * 100)} of ${count(of)}`;
}

/** The same in a sentence. */
export function standingSentence({ of, below, hours }: Standing): string {
  const before = `in the ${hours === 1 ? 'hour' : `${hours} hours`} before`;
  if (of < LEAST_HISTORY)
    return `Not enough history: ${count(of)} of this operation ${before}, and a percentile takes ${LEAST_HISTORY}.`;
  return `It took longer than ${count(below)} of ${count(of)} of this operation ${before}.`;
}
