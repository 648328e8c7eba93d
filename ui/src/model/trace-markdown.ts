/** A trace as Markdown, for a ticket or a chat: what its header says, where the time went, and the rows that are shown. */

import type { LogRecord } from '../api/types';
import { count, duration, percent, plural } from '../base/format';
import { levelOf, valueText, visible } from './attributes';
import { sumOperations } from './groups';
import { FLAG, nameOf, serviceOf, type TraceModel } from './trace-model';
import { isGhost, isHeading } from './waterfall-entries';

/** More than these make no message that is read. */
const MOST_ROWS = 100;
const MOST_OPERATIONS = 12;
const BAR = 32;

export interface Shown {
  readonly model: TraceModel;
  /** As `waterfall-entries.ts` writes them. */
  readonly rows: Int32Array;
  readonly logs: readonly LogRecord[];
  readonly logTimes: Float64Array;
}

/** `when` writes a time. */
export function toMarkdown(shown: Shown, address: string, when: (nano: number) => string): string {
  const { model } = shown;
  const { facts } = model;
  const title = [facts.root_service, facts.root_name ?? 'Root not received'].filter(Boolean).join(' ');
  const errors = facts.error_count > 0 ? `, ${plural(facts.error_count, 'error')}` : ', no errors';
  return [
    `## ${inline(title)}: ${duration(facts.duration)}${errors}`,
    '',
    `Trace [${facts.trace_id}](<${destination(address)}>), started ${when(facts.start_time_unix_nano)}, ${plural(facts.span_count, 'span')} of ${plural(facts.services.length, 'service')}, ${plural(facts.log_count, 'log record')}.`,
    ...incomplete(model),
    '',
    ...operations(model),
    '',
    ...waterfall(shown),
    '',
  ].join('\n');
}

function incomplete({ facts }: TraceModel): string[] {
  const lines: string[] = [];
  if (facts.missing_parents > 0) lines.push(`Of it ${plural(facts.missing_parents, 'parent')} did not arrive.`);
  if (facts.returned < facts.total)
    lines.push(`The earliest ${count(facts.returned)} of ${count(facts.total)} spans are drawn.`);
  return lines;
}

function operations(model: TraceModel): string[] {
  const by = model.hasPath ? 'critical' : 'self';
  const sums = sumOperations(model)
    .filter((sum) => sum[by] > 0)
    .sort((one, other) => other[by] - one[by]);
  const whole = sums.reduce((sum, one) => sum + one[by], 0) || 1;
  const lines = sums
    .slice(0, MOST_OPERATIONS)
    .map(
      (sum) =>
        `| ${inline(sum.service)} | ${inline(sum.name)} | ${count(sum.count)} | ${count(sum.errors)} | ${duration(sum[by])} | ${percent(sum[by] / whole)} |`,
    );
  const more = sums.length > MOST_OPERATIONS ? ['', `${count(sums.length - MOST_OPERATIONS)} more operations.`] : [];
  const measure = model.hasPath ? 'On the critical path' : 'Self time';
  return [
    `| Service | Operation | Calls | Errors | ${measure} | Share |`,
    '|---|---|--:|--:|--:|--:|',
    ...lines,
    ...more,
  ];
}

function waterfall({ model, rows, logs, logTimes }: Shown): string[] {
  const shown = rows.filter((entry) => !isHeading(entry));
  const entries = shown.subarray(0, MOST_ROWS);
  const labels = Array.from(entries, (entry) => {
    if (isGhost(entry)) return '◌ missing parent';
    return entry < model.size ? label(model, entry) : logLabel(logs[entry - model.size]!);
  });
  const width = Math.min(64, Math.max(...labels.map((text) => text.length), 0));
  const lines = Array.from(entries, (entry, at) => {
    const text = labels[at]!.length > width ? `${labels[at]!.slice(0, width - 1)}…` : labels[at]!.padEnd(width);
    if (isGhost(entry)) return text.trimEnd();
    if (entry < model.size) return `${text} ${bar(model, entry)} ${duration(model.duration[entry]!)}`;
    return `${text} ${' '.repeat(BAR)} at ${duration(logTimes[entry - model.size]!)}`;
  });
  const left = shown.length - entries.length;
  return ['```text', ...lines, ...(left > 0 ? [`… ${plural(left, 'more row')}`] : []), '```'];
}

function label(model: TraceModel, row: number): string {
  const sign = model.flags[row]! & FLAG.error ? '✗ ' : '';
  return plain(`${'  '.repeat(Math.min(model.depth[row]!, 20))}${sign}${serviceOf(model, row)}: ${nameOf(model, row)}`);
}

function logLabel(log: LogRecord): string {
  return plain(`    · ${levelOf(log.severity_number)} ${valueText(log.body).slice(0, 200)}`);
}

function bar(model: TraceModel, row: number): string {
  const { start, end } = model.bounds;
  const place = (ns: number): number => Math.round(((ns - start) / (end - start)) * BAR);
  const from = Math.min(place(model.start[row]!), BAR - 1);
  const to = Math.max(place(model.start[row]! + model.duration[row]!), from + 1);
  return `${'·'.repeat(from)}${'█'.repeat(to - from)}${'·'.repeat(BAR - to)}`;
}

/** Nothing that telemetry says may end the block of code, a cell or a line. */
const plain = (text: string): string =>
  visible(text)
    .replace(/[\r\n]+/g, ' ')
    .replaceAll('`', "'");
/** An address between angle brackets, which end at one of them or at the end of a line. */
const destination = (address: string): string => address.replace(/[\\<>\r\n]/g, encodeURIComponent);
const inline = (text: string): string => plain(text).replace(/[\\*_[\]<>#|]/g, '\\$&');
