/** Repeated siblings: the same call, many times, one after the other. */
import { FLAG, nameOf, serviceOf, type TraceModel } from './trace-model';

/** More identical leaves than this are shown as one row until the reader opens them. */
export const REPEATED = 20;

/**
 * For the first row of each run of more than `least` siblings that have the same service and name, no children and no
 * error: how many rows follow it in the run. 0 everywhere else. An error is never hidden in a group.
 */
export function findGroups(model: TraceModel, least = REPEATED): Uint32Array {
  const after = new Uint32Array(model.size);
  let row = 0;
  while (row < model.size) {
    let end = row;
    while (end + 1 < model.size && alike(model, row, end + 1)) end++;
    if (end - row + 1 > least) after[row] = end - row;
    row = end + 1;
  }
  return after;
}

function alike(model: TraceModel, one: number, other: number): boolean {
  const hidden = FLAG.error | FLAG.parentMissing | FLAG.unfinished;
  return (
    model.parent[one] === model.parent[other] &&
    model.service[one] === model.service[other] &&
    model.subtree[one] === 0 &&
    model.subtree[other] === 0 &&
    ((model.flags[one]! | model.flags[other]!) & hidden) === 0 &&
    model.parent[one]! >= 0 &&
    model.name[one] === model.name[other]
  );
}

export interface GroupSum {
  readonly count: number;
  readonly total: number;
  readonly longest: number;
  readonly end: number;
}

/** What a group of `after` rows behind `row` adds up to. */
export function sumGroup(model: TraceModel, row: number, after: number): GroupSum {
  let total = 0;
  let longest = 0;
  let end = 0;
  for (let at = row; at <= row + after; at++) {
    total += model.duration[at]!;
    longest = Math.max(longest, model.duration[at]!);
    end = Math.max(end, model.start[at]! + model.duration[at]!);
  }
  return { count: after + 1, total, longest, end };
}

export interface OperationSum {
  readonly service: string;
  readonly name: string;
  count: number;
  errors: number;
  total: number;
  self: number;
  critical: number;
  longest: number;
  /** The row of the longest span. */
  row: number;
}

/** Every operation of the trace with what its spans add up to, the most self time first. */
export function sumOperations(model: TraceModel): OperationSum[] {
  const sums = new Map<number, OperationSum>();
  for (let row = 0; row < model.size; row++) {
    const key = model.service[row]! * model.names.length + model.name[row]!;
    let sum = sums.get(key);
    if (!sum) {
      const service = serviceOf(model, row);
      sum = {
        service,
        name: nameOf(model, row),
        count: 0,
        errors: 0,
        total: 0,
        self: 0,
        critical: 0,
        longest: -1,
        row,
      };
      sums.set(key, sum);
    }
    sum.count++;
    sum.total += model.duration[row]!;
    sum.self += model.self[row]!;
    sum.critical += model.critical[row]!;
    if (model.flags[row]! & FLAG.error) sum.errors++;
    if (model.duration[row]! > sum.longest) {
      sum.longest = model.duration[row]!;
      sum.row = row;
    }
  }
  return [...sums.values()].sort((one, other) => other.self - one.self);
}
