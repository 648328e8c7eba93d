/** Verdicts as Markdown, for a chat or a ticket: the same words and figures as on the screen. */
import type { TraceFinding, TraceVerdict, WindowCulprit, WindowVerdict } from '../api/verdicts';
import { count, duration, percent, plural } from '../base/format';

/** `812 ms, usually 40 ms (6.1 spreads, 240 spans)`; empty where nothing was compared. */
export function deviationText(finding: TraceFinding): string {
  const { deviation } = finding;
  if (!deviation) return '';
  // Of a share the rule says how often a normal trace does the same.
  if (deviation.value <= 1) return `${percent(deviation.usual)} of ${plural(deviation.n, 'normal span')} do the same`;
  return `${duration(deviation.value)}, usually ${duration(deviation.usual)} (${deviation.spreads} spreads off, by ${plural(deviation.n, 'span')})`;
}

/** `63 % of the critical path`; empty for a share that says nothing. */
export function shareText(finding: TraceFinding): string {
  return finding.share > 0 ? `${percent(finding.share)} of the ${finding.share_of}` : '';
}

export function culpritText(culprit: { service: string; operation: string; instance: string }): string {
  const where = culprit.instance ? ` on ${culprit.instance}` : '';
  return `${culprit.service}${culprit.operation ? ` · ${culprit.operation}` : ''}${where}`;
}

/** `when` writes a time. */
export function traceMarkdown(verdict: TraceVerdict, address: string, when: (nano: number) => string): string {
  const { checked } = verdict;
  const lines = [`**${verdict.summary}**`, `Trace [${verdict.trace_id}](${address})`, ''];
  for (const finding of verdict.findings.slice(0, verdict.shown)) {
    lines.push(`${finding.rank}. ${culpritText(finding.culprit)}: ${finding.claim}`);
    const facts = [shareText(finding), deviationText(finding)].filter((text) => text !== '');
    if (facts.length > 0) lines.push(`   - ${facts.join('; ')}`);
    for (const each of finding.evidence)
      lines.push(`   - evidence: ${each.text} (${each.kind} ${each.span_id})`.replace(' )', ')'));
    for (const text of finding.against) lines.push(`   - against it: ${text}`);
    for (const text of finding.next) lines.push(`   - look at: ${text}`);
  }
  lines.push(
    '',
    `Checked: ${plural(checked.span_count, 'span')} by ${plural(checked.rules.length, 'rule')}, against ${plural(checked.history_traces, 'trace')} of the same root from ${when(checked.history_start_time_unix_nano)} to ${when(checked.history_end_time_unix_nano)}.`,
  );
  return `${lines.join('\n').trim()}\n`;
}

export function windowMarkdown(verdict: WindowVerdict, address: string, when: (nano: number) => string): string {
  const { window, baseline, operations, edges, instances } = verdict.checked;
  const lines = [
    `**${verdict.summary}**`,
    `[${when(window.start_time_unix_nano)} to ${when(window.end_time_unix_nano)}](${address})`,
    '',
  ];
  for (const culprit of verdict.culprits) {
    lines.push(`${culprit.rank}. ${culpritText(culprit)} (${culprit.kind}, ${confidence(culprit)}): ${culprit.claim}`);
    for (const claim of culprit.claims.slice(1)) lines.push(`   - also: ${claim}`);
    for (const { sentence } of coinciding(culprit)) lines.push(`   - coincides: ${sentence}`);
    for (const each of culprit.evidence) lines.push(`   - evidence: ${evidenceText(each)}`);
  }
  lines.push(
    '',
    `Checked: ${count(operations)} operations, ${count(edges)} edges and ${count(instances)} instances of ${plural(window.trace_count, 'trace')}, against ${plural(baseline.trace_count, 'trace')} from ${when(baseline.start_time_unix_nano)} to ${when(baseline.end_time_unix_nano)}.`,
  );
  return `${lines.join('\n').trim()}\n`;
}

/** What coincides, but for what the claim has already. */
export function coinciding(culprit: WindowCulprit): WindowCulprit['coincides'] {
  return culprit.coincides.filter((each) => !culprit.claim.includes(each.sentence));
}

export type Confidence = 'sure' | 'likely' | 'possible' | 'not unusual';

/** A log record says what it says; a span is found by its ids. */
function evidenceText({ kind, text, trace_id, span_id }: WindowCulprit['evidence'][number]): string {
  const where = trace_id ? `trace ${trace_id}, span ${span_id}` : '';
  return kind === 'log' ? `log record ${JSON.stringify(text)}${where ? ` (${where})` : ''}` : where;
}

/** A word for a score, as the list of problems has it; whether it stands out is the collector's to say. */
export function confidence({ score, notable }: Pick<WindowCulprit, 'score' | 'notable'>): Confidence {
  if (!notable) return 'not unusual';
  if (score >= 0.75) return 'sure';
  return score >= 0.5 ? 'likely' : 'possible';
}
