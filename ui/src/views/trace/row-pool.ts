/**
 * The rows of the waterfall that are on the screen, as real elements: about forty, used again and again.
 *
 * A row keeps its element while it is visible (slot = index modulo the size of the pool), so that focus and
 * a screen reader's place survive scrolling. All text from telemetry is set as text, never as markup.
 */
import { initials } from '../../base/color';
import { count, duration } from '../../base/format';
import { visible } from '../../model/attributes';
import { FLAG, type TraceModel } from '../../model/trace-model';
import { ROW } from '../../model/waterfall-paint';
import { slotOf } from '../../route/preferences.svelte';

export interface Look {
  readonly model: TraceModel;
  readonly rows: Int32Array;
  readonly folded: Uint8Array;
  readonly selected: number;
  /** Index into `rows` of the row that Tab reaches. */
  readonly active: number;
  readonly logs: ReadonlyMap<number, readonly number[]>;
  readonly labelWidth: number;
  readonly faded?: Uint8Array | null;
}

interface Slot {
  readonly element: HTMLElement;
  readonly guide: HTMLElement;
  readonly twist: HTMLElement;
  readonly badge: HTMLElement;
  readonly name: HTMLElement;
  readonly service: HTMLElement;
  readonly notes: HTMLElement;
  readonly facts: HTMLElement;
  index: number;
}

const INDENT = 14;
const SVG = 'http://www.w3.org/2000/svg';

export class RowPool {
  #slots: Slot[] = [];
  #look: Look | null = null;

  constructor(readonly host: HTMLElement) {}

  /** Shows the rows of the window; `look` being the same object means that only the window moved. */
  show(look: Look, top: number, height: number): void {
    const size = Math.ceil(height / ROW) + 2;
    const changed = look !== this.#look;
    this.#look = look;
    while (this.#slots.length < size) this.#add();
    const first = Math.max(0, Math.floor(top / ROW));
    for (let at = 0; at < this.#slots.length; at++) {
      const slots = this.#slots.length;
      const index = first + ((((at - first) % slots) + slots) % slots);
      this.#place(this.#slots[at]!, index, top, changed);
    }
  }

  elementOf(index: number): HTMLElement | null {
    return this.#slots.find((slot) => slot.index === index && !slot.element.hidden)?.element ?? null;
  }

  /** The index into the shown rows of the row that an event happened in; -1 outside all rows. */
  indexAt(target: EventTarget | null): number {
    const element = (target as Element | null)?.closest<HTMLElement>('[role=row][data-index]');
    return element ? Number(element.dataset.index) : -1;
  }

  #place(slot: Slot, index: number, top: number, changed: boolean): void {
    const look = this.#look!;
    const inside = index < look.rows.length;
    slot.element.hidden = !inside;
    if (!inside) {
      slot.index = -1;
      return;
    }
    if (changed || slot.index !== index) this.#fill(slot, index);
    slot.element.style.transform = `translateY(${index * ROW - top}px)`;
  }

  #fill(slot: Slot, index: number): void {
    const { model, rows, folded, selected, active, labelWidth } = this.#look!;
    const row = rows[index]!;
    const span = model.spans[row]!;
    const parents = model.subtree[row]! > 0;
    slot.index = index;
    const { element } = slot;
    element.dataset.index = String(index);
    element.id = `row-${row}`;
    element.setAttribute('aria-rowindex', String(index + 2));
    element.setAttribute('aria-level', String(model.depth[row]! + 1));
    element.setAttribute('aria-selected', String(row === selected));
    if (parents) element.setAttribute('aria-expanded', String(!folded[row]));
    else element.removeAttribute('aria-expanded');
    element.tabIndex = index === active ? 0 : -1;
    element.setAttribute('aria-label', describe(model, row, this.#look!.logs.get(row)?.length ?? 0));
    element.classList.toggle('faded', Boolean(this.#look!.faded?.[row]));
    element.classList.toggle('failed', (model.flags[row]! & FLAG.error) !== 0);
    slot.guide.style.width = `${Math.min(model.depth[row]! * INDENT, Math.max(0, labelWidth * 0.5 - 40))}px`;
    slot.twist.classList.toggle('open', parents && !folded[row]);
    slot.twist.classList.toggle('none', !parents);
    slot.badge.className = `badge svc-${slotOf(span.service)}`;
    slot.badge.textContent = initials(span.service);
    slot.name.textContent = visible(span.name) || '(no name)';
    slot.service.textContent = visible(this.#servicePrefix(row, span.service));
    element.title = `${visible(span.service)}\n${visible(span.name)}`;
    this.#notes(slot, row, Boolean(folded[row]));
    slot.facts.textContent = duration(span.duration);
  }

  /** A service's name is said where it begins: at roots and where the service changes. */
  #servicePrefix(row: number, service: string): string {
    const { model } = this.#look!;
    const parent = model.parent[row]!;
    return parent >= 0 && model.spans[parent]!.service === service ? '' : service;
  }

  #notes(slot: Slot, row: number, folded: boolean): void {
    const { model, logs } = this.#look!;
    const flags = model.flags[row]!;
    const notes: Node[] = [];
    if (flags & FLAG.parentMissing) notes.push(note('lost', 'parent missing'));
    if (flags & FLAG.unfinished) notes.push(note('lost', 'unfinished'));
    if (flags & FLAG.hasWarnings) notes.push(note('warned', '⚠'));
    if (flags & FLAG.error) notes.push(errorSign(''));
    else if (folded && model.errorsBelow[row]! > 0) notes.push(errorSign(String(model.errorsBelow[row])));
    const lines = logs.get(row)?.length ?? 0;
    if (lines > 0) notes.push(note('lines', `≡${lines > 99 ? '99+' : lines}`));
    if (folded) notes.push(note('count', `+${count(model.subtree[row]!)}`));
    slot.notes.replaceChildren(...notes);
  }

  #add(): void {
    const element = make('div', 'row');
    element.setAttribute('role', 'row');
    const label = make('div', 'label-cell');
    label.setAttribute('role', 'gridcell');
    const [guide, twist, badge, service, name, notes] = ['guide', 'twist', 'badge', 'service', 'name', 'notes'].map(
      (css) => make('span', css),
    ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement, HTMLElement];
    twist.append(chevron());
    twist.dataset.twist = '';
    label.append(guide, twist, badge, service, name, notes);
    const facts = make('div', 'facts-cell');
    facts.setAttribute('role', 'gridcell');
    element.append(label, facts);
    this.host.append(element);
    this.#slots.push({ element, guide, twist, badge, name, service, notes, facts, index: -1 });
  }
}

/** Everything the bar shows, in words. */
export function describe(model: TraceModel, row: number, logs: number): string {
  const span = model.spans[row]!;
  const flags = model.flags[row]!;
  const parts = [
    visible(span.service),
    visible(span.name) || 'no name',
    duration(span.duration),
    `starts at ${duration(span.start_offset)}`,
  ];
  if (flags & FLAG.error) parts.push(span.status.message ? `error: ${span.status.message.slice(0, 200)}` : 'error');
  else if (model.errorsBelow[row]! > 0) parts.push(`${model.errorsBelow[row]} with an error below`);
  if (flags & FLAG.parentMissing) parts.push('parent missing');
  if (flags & FLAG.unfinished) parts.push('unfinished');
  if (logs > 0) parts.push(`${logs} log ${logs === 1 ? 'line' : 'lines'}`);
  return parts.join(', ');
}

function make(tag: string, css: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = css;
  return element;
}

function note(css: string, text: string): HTMLElement {
  const element = make('span', css);
  element.textContent = text;
  return element;
}

function errorSign(text: string): HTMLElement {
  const element = make('span', 'sign');
  element.append(drawing('M5.6 2h4.8L14 5.6v4.8L10.4 14H5.6L2 10.4V5.6ZM8 5v3.6M8 11v.2'), text);
  return element;
}

function chevron(): SVGElement {
  return drawing('m6 4 4 4-4 4');
}

function drawing(path: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS(SVG, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}
