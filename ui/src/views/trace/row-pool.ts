/**
 * The rows of the waterfall that are on the screen, as real elements: about forty, used again and again.
 *
 * A row keeps its element while it is visible (slot = index modulo the size of the pool), so that focus and
 * a screen reader's place survive scrolling.
 */
import { ROW } from '../../model/waterfall-paint';
import { fillRow, type Look, makeRow, type Slot } from './row-fill';

export class RowPool {
  #slots: Slot[] = [];
  #look: Look | null = null;

  constructor(readonly host: HTMLElement) {}

  /** Shows the rows of the window; `look` being the same object means that only the window moved. */
  show(look: Look, top: number, height: number): void {
    const size = Math.ceil(height / ROW) + 2;
    const changed = look !== this.#look;
    this.#look = look;
    while (this.#slots.length < size) {
      const slot = makeRow();
      this.host.append(slot.element);
      this.#slots.push(slot);
    }
    const first = Math.max(0, Math.floor(top / ROW));
    const slots = this.#slots.length;
    for (let at = 0; at < slots; at++) {
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
    if (changed || slot.index !== index) fillRow(slot, index, look);
    slot.element.style.transform = `translateY(${index * ROW - top}px)`;
  }
}
