/** What a person prefers on this machine: theme, zone, sizes of panels. Not part of a view, so not in its address. */
import { assignBadges, assignSlots, recalledBadges } from '../base/color';
import { knownZone, moment, type Zone } from '../base/time';
import { keep, kept } from './kept';
import type { ChosenKeys } from './keymap';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';

const load = <T>(key: string, fallback: T): T => kept(key, (value) => (value === null ? fallback : (value as T)));

const system = matchMedia('(prefers-color-scheme: dark)');

class Preferences {
  theme = $state<Theme>(load('theme', 'system'));
  zone = $state<Zone>(knownZone(load('zone', 'local')));
  /** The zone beside UTC that was chosen last. */
  ownZone = $state<Zone>(knownZone(load('ownZone', 'local')));
  density = $state<Density>(load('density', 'comfortable'));
  dock = $state<'side' | 'bottom'>(load('dock', 'side'));
  /** Single-letter keys can be switched off (WCAG 2.1.4). */
  letterKeys = $state<boolean>(load('letterKeys', true));
  /** Keys of commands that are not the usual ones. */
  keys = $state.raw<ChosenKeys>(load('keys', {}));
  systemDark = $state(system.matches);
  sizes = $state<Record<string, number>>(load('sizes', {}));

  get dark(): boolean {
    return this.theme === 'system' ? this.systemDark : this.theme === 'dark';
  }

  set<K extends 'theme' | 'zone' | 'ownZone' | 'density' | 'dock' | 'letterKeys' | 'keys'>(
    key: K,
    value: this[K],
  ): void {
    (this as Preferences)[key] = value;
    keep(key, value);
  }

  setZone(zone: Zone): void {
    this.set('zone', zone);
    if (zone !== 'utc') this.set('ownZone', zone);
  }

  setSize(key: string, value: number): void {
    this.sizes = { ...this.sizes, [key]: value };
    keep('sizes', this.sizes);
  }
}

export const preferences = new Preferences();
system.addEventListener('change', () => {
  preferences.systemDark = system.matches;
});

/** A moment in the zone that is preferred, as short as it can be read. */
export const showTime = (unixNano: number, since?: number): string =>
  moment(unixNano, preferences.zone, Date.now(), since);

const slots = new Map<string, number>(load<[string, number][]>('services', []));
const badges = recalledBadges(slots.keys());

/** The colour slot of a service, the same on every page and after every reload of this browser. */
export function slotOf(service: string): number {
  return slots.get(service) ?? learnServices([service]).get(service)!;
}

/** Two letters that stand for a service where its name has no room. */
export function badgeOf(service: string): string {
  if (!badges.has(service)) learnServices([service]);
  return badges.get(service)!;
}

export function knowsNoService(): boolean {
  return slots.size === 0;
}

export function learnServices(names: Iterable<string>): ReadonlyMap<string, number> {
  const before = slots.size;
  const learnt = [...names];
  assignSlots(slots, learnt);
  assignBadges(badges, learnt);
  // A store with very many services would fill the browser's storage for nothing: colours repeat after ten anyway.
  if (slots.size !== before && slots.size <= 500) keep('services', [...slots]);
  return slots;
}
