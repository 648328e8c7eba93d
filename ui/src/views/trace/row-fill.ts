/** What a row of the waterfall says. All text from telemetry is set as text, never as markup. */
import { count, duration, plural } from '../../base/format';
import { levelOf, lineText, visible } from '../../model/attributes';
import { sumGroup } from '../../model/groups';
import { ghostId, LIKELY, type Reason } from '../../model/lost-parents';
import { isOpen } from '../../model/open-spans';
import type { TraceLinks } from '../../model/span-arrows';
import { FLAG, kindOf, nameOf, rowOf, serviceOf, type TraceModel } from '../../model/trace-model';
import { isGhost, isHeading, placeOfGhost, serviceOfHeading } from '../../model/waterfall-entries';
import { badgeOf, colourClass } from '../../route/preferences.svelte';
import { drawing, errorSign, kindPath, linkSign, note } from './row-marks';
import type { TraceView } from './trace-view.svelte';

/** What the rows depend on; a new object says that every row has to be filled anew. */
export interface Look {
  readonly trace: TraceView;
  readonly rows: Int32Array;
  readonly folded: Uint8Array;
  readonly selected: number;
  readonly selectedLog: number;
  readonly groups: Uint32Array | null;
  readonly faded: Uint8Array | null;
  /** They come after the spans. */
  readonly logsOf: ReadonlyMap<number, readonly number[]>;
  readonly links: TraceLinks | null;
  /** Why each lost parent is missing, by its ghost. */
  readonly reasons: ReadonlyMap<number, Reason> | null;
  /** Index into `rows` of the row that Tab reaches. */
  readonly active: number;
  readonly labelWidth: number;
}

export interface Slot {
  readonly element: HTMLElement;
  readonly guide: HTMLElement;
  readonly twist: HTMLElement;
  readonly badge: HTMLElement;
  readonly sort: HTMLElement;
  readonly name: HTMLElement;
  readonly service: HTMLElement;
  readonly notes: HTMLElement;
  readonly facts: HTMLElement;
  index: number;
  /** The kind that `sort` shows; empty for what is no span. */
  kind: string;
}

const INDENT = 14;

export function fillRow(slot: Slot, index: number, look: Look): void {
  const entry = look.rows[index]!;
  const { element } = slot;
  slot.index = index;
  element.dataset.index = String(index);
  element.setAttribute('aria-rowindex', String(index + 2));
  element.tabIndex = index === look.active ? 0 : -1;
  if (isHeading(entry)) fillHeading(slot, serviceOfHeading(entry), look);
  else if (isGhost(entry)) fillGhost(slot, placeOfGhost(entry), look);
  else if (look.trace.isLog(entry)) fillLog(slot, entry - look.trace.model.size, look);
  else fillSpan(slot, entry, look);
}

function setFrame(slot: Slot, look: Look, depth: number, selected: boolean, label: string): void {
  slot.element.setAttribute('aria-level', String(depth + 1));
  slot.element.setAttribute('aria-selected', String(selected));
  slot.element.setAttribute('aria-label', label);
  // Deep trees keep half of the column for names.
  slot.guide.style.width = `${Math.min(depth * INDENT, Math.max(0, look.labelWidth * 0.5 - 40))}px`;
}

function setTwist(slot: Slot, expandable: boolean, open: boolean): void {
  if (expandable) slot.element.setAttribute('aria-expanded', String(open));
  else slot.element.removeAttribute('aria-expanded');
  slot.twist.classList.toggle('open', expandable && open);
  slot.twist.classList.toggle('none', !expandable);
}

/** Most rows that a slot shows after each other are of one kind: its drawing is touched only where it changes. */
function setKind(slot: Slot, kind: string): void {
  if (slot.kind === kind) return;
  slot.kind = kind;
  slot.sort.hidden = kind === '';
  slot.sort.querySelector('path')!.setAttribute('d', kindPath(kind));
}

/** How deep a row is drawn: in the tree, or below its heading. */
function depthOf({ trace }: Look, row: number): number {
  return trace.lanes.on ? trace.lanes.depths[row]! + 1 : trace.model.depth[row]!;
}

function fillHeading(slot: Slot, service: number, look: Look): void {
  const { lanes, model } = look.trace;
  const sum = lanes.sums[service]!;
  const name = visible(model.services[service]!) || '(no service)';
  const errors = sum.errors > 0 ? `, ${plural(sum.errors, 'error')}` : '';
  const self = duration(sum.self);
  setFrame(slot, look, 0, false, `${name}, ${plural(sum.count, 'span')}, ${self} itself${errors}`);
  setTwist(slot, true, !lanes.shut.has(service));
  slot.element.id = `row-lane-${service}`;
  slot.element.className = 'row lane';
  slot.element.title = `${name}\n${plural(sum.count, 'span')}, ${self} of self time`;
  slot.badge.className = `badge ${colourClass(model.services[service]!)}`;
  slot.badge.textContent = badgeOf(model.services[service]!);
  slot.service.textContent = '';
  slot.name.textContent = name;
  setKind(slot, '');
  const counted = note('count', look.labelWidth < 240 ? self : `${plural(sum.count, 'span')}, ${self} itself`);
  slot.notes.replaceChildren(...(sum.errors > 0 ? [errorSign(count(sum.errors)), counted] : [counted]));
  slot.facts.textContent = self;
}

/** A parent that is named and has not arrived. */
function fillGhost(slot: Slot, place: number, look: Look): void {
  const { ghosts } = look.trace;
  const reason = look.reasons?.get(place);
  const id = ghostId(ghosts, place);
  const spans = plural(ghosts.counts[place]!, 'span');
  setFrame(slot, look, 0, false, `missing parent ${id}, of ${spans}${reason ? `, most likely ${reason}` : ''}`);
  setTwist(slot, false, false);
  setKind(slot, '');
  slot.element.id = `row-ghost-${place}`;
  slot.element.className = 'row ghost';
  slot.element.title = `The parent ${id} of ${spans} has not been received.${reason ? ` ${LIKELY[reason]}` : ''}`;
  slot.badge.className = 'badge';
  slot.badge.textContent = '?';
  slot.service.textContent = '';
  slot.name.textContent = `Missing parent ${id.slice(0, 8)}`;
  slot.notes.replaceChildren(...(reason ? [note('why', reason)] : []));
  slot.facts.textContent = '';
}

function fillSpan(slot: Slot, row: number, look: Look): void {
  const { trace } = look;
  const { model, lanes } = trace;
  const folded = !lanes.on && Boolean(look.folded[row]);
  const service = serviceOf(model, row);
  const name = visible(nameOf(model, row));
  const repeated = trace.groups.sizeOf(row);
  const closed = (look.groups?.[row] ?? 0) > 0;
  const lines = look.logsOf.get(row)?.length ?? 0;
  const away = look.links?.elsewhere.get(row)?.length ?? 0;
  const said = describe(model, row, lines, closed ? repeated : 0, folded);
  const label = away > 0 ? `${said}, ${plural(away, 'link')} to other traces` : said;
  setFrame(slot, look, depthOf(look, row), row === look.selected, label);
  setTwist(slot, (!lanes.on && model.subtree[row]! > 0) || repeated > 0, repeated > 0 ? !closed : !folded);
  const { element } = slot;
  element.id = `row-${row}`;
  element.className = 'row';
  element.classList.toggle('faded', Boolean(look.faded?.[row]));
  slot.badge.className = `badge ${colourClass(service)}`;
  slot.badge.textContent = badgeOf(service);
  slot.name.textContent = name || '(no name)';
  slot.service.textContent = !lanes.on && beginsService(model, row) ? visible(service) || '(no service)' : '';
  const kind = kindOf(model, row);
  setKind(slot, kind);
  element.title = `${visible(service)}\n${name}\n${kind}`;
  slot.notes.replaceChildren(...notes(trace, row, folded, trace.logRows ? null : lines, repeated));
  if (away > 0) slot.notes.prepend(linkSign(away));
  slot.facts.textContent = lengthText(model, row);
}

const lengthText = (model: TraceModel, row: number): string =>
  isOpen(model, row) ? 'no end' : duration(model.duration[row]!);

/** A service's name is said where it begins: at roots and where the service changes. */
function beginsService(model: TraceModel, row: number): boolean {
  const parent = model.parent[row]!;
  return parent < 0 || model.service[parent] !== model.service[row];
}

function notes(trace: TraceView, row: number, folded: boolean, lines: number | null, repeated: number): Node[] {
  const { model } = trace;
  const flags = model.flags[row]!;
  const found: Node[] = [];
  if (repeated > 0) found.push(note('count', `×${count(repeated + 1)}`));
  // In the tree its ghost says it.
  if (flags & FLAG.parentMissing && trace.lanes.on) found.push(note('lost', 'parent missing'));
  if (flags & FLAG.unfinished) found.push(note('lost', 'unfinished'));
  if (flags & model.odd) found.push(note('warned', '⚠'));
  if (flags & FLAG.error) found.push(errorSign(''));
  else if (folded && model.errorsBelow[row]! > 0) found.push(errorSign(String(model.errorsBelow[row])));
  if (lines) found.push(note('lines', `≡${lines > 99 ? '99+' : lines}`));
  // Its lines are not among those that are loaded.
  else if (lines === 0 && flags & FLAG.hasLogs) found.push(note('lines', '≡'));
  const below = model.subtree[row]!;
  if (folded) found.push(note('count', `+${count(below)}`, `${plural(below, 'span')} folded`));
  else if (below > 0) found.push(note('count', count(model.children[row]!), childrenOf(model, row)));
  return found;
}

function childrenOf(model: TraceModel, row: number): string {
  return plural(model.children[row]!, 'child', 'children');
}

function fillLog(slot: Slot, index: number, look: Look): void {
  const { trace } = look;
  const log = trace.logs[index]!;
  const row = Math.max(0, rowOf(trace.model, log.span_id));
  const body = lineText(log, 400);
  const level = levelOf(log.severity_number);
  const label = `log, ${level}, ${visible(log.service)}, ${body}, at ${duration(trace.logTimes[index]!)}`;
  setFrame(slot, look, depthOf(look, row) + 1, index === look.selectedLog, label);
  setTwist(slot, false, false);
  setKind(slot, '');
  slot.element.id = `row-log-${index}`;
  slot.element.className = 'row log';
  slot.element.title = body;
  slot.badge.className = `level ${level}`;
  slot.badge.textContent = level === 'none' ? '–' : level[0]!.toUpperCase();
  slot.service.textContent = '';
  slot.name.textContent = body;
  slot.notes.replaceChildren();
  slot.facts.textContent = duration(trace.logTimes[index]!);
}

/** Everything the bar shows, in words. `grouped`: spans that stand behind this one. */
function describe(model: TraceModel, row: number, logs: number, grouped: number, folded: boolean): string {
  const flags = model.flags[row]!;
  const name = visible(nameOf(model, row)) || 'no name';
  const parts = [visible(serviceOf(model, row)) || 'no service', name, kindOf(model, row)];
  if (grouped > 0) parts.push(`${grouped + 1} times`, `${duration(sumGroup(model, row, grouped).total)} in all`);
  else parts.push(lengthText(model, row));
  parts.push(`starts at ${duration(model.start[row]!)}`);
  if (folded) parts.push(`${plural(model.subtree[row]!, 'span')} folded`);
  else if (model.subtree[row]! > 0) parts.push(childrenOf(model, row));
  if (flags & FLAG.error) parts.push('error');
  else if (model.errorsBelow[row]! > 0) parts.push(`${model.errorsBelow[row]} with an error below`);
  if (flags & FLAG.parentMissing) parts.push('parent missing');
  if (model.critical[row]! > 0) parts.push(`${duration(model.critical[row]!)} on the critical path`);
  if (logs > 0) parts.push(`${logs} log ${logs === 1 ? 'line' : 'lines'}`);
  else if (flags & FLAG.hasLogs) parts.push('log lines');
  return parts.join(', ');
}

export function makeRow(): Slot {
  const element = make('div', 'row');
  element.setAttribute('role', 'row');
  const label = make('div', 'label-cell');
  label.setAttribute('role', 'gridcell');
  const guide = make('span', 'guide');
  const twist = make('span', 'twist');
  const badge = make('span', 'badge');
  const sort = make('span', 'sort');
  const service = make('span', 'service');
  const name = make('span', 'name');
  const notes = make('span', 'notes');
  const facts = make('div', 'facts-cell');
  twist.append(drawing('m6 4 4 4-4 4'));
  twist.dataset.twist = '';
  sort.append(drawing(''));
  sort.hidden = true;
  label.append(guide, twist, badge, sort, service, name, notes);
  facts.setAttribute('role', 'gridcell');
  element.append(label, facts);
  return { element, guide, twist, badge, sort, name, service, notes, facts, index: -1, kind: '' };
}

function make(tag: string, css: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = css;
  return element;
}
