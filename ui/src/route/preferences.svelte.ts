/** What a person prefers on this machine: theme, zone, sizes of panels. Not part of a view, so not in its address. */
import { assignBadges, assignPlaces, isAgain, recalledBadges, slotAt } from '../base/color';
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

/** The services by the places of their colours, as the collector said last and as this browser has met others since. */
const places = new Map<string, number>();
let badges = new Map<string, string>();
/** How often what has a colour was told another: whatever shows colours depends on it. */
let changes = $state(0);
takeColours(load<unknown[]>('colours', []).filter((name) => typeof name === 'string'));

/** The classes that give a service its colour: the same for everybody who looks at the project. */
export function colourClass(service: string): string {
  const place = placeOf(service);
  return isAgain(place) ? `svc-${slotAt(place)} svc-again` : `svc-${slotAt(place)}`;
}

/** Which service this is of those that have a colour. */
export function placeOf(service: string): number {
  void changes;
  return places.get(service) ?? learnServices([service]).get(service)!;
}

/** Two letters that stand for a service where its name has no room. */
export function badgeOf(service: string): string {
  void changes;
  if (!badges.has(service)) learnServices([service]);
  return badges.get(service)!;
}

/** The services in the order that the collector keeps for everybody; it takes the place of all that was known. */
export function takeColours(names: readonly string[]): void {
  const before = [...places];
  places.clear();
  for (const name of names) places.set(name, places.size);
  badges = recalledBadges(places.keys());
  // A store with very many services would fill the browser's storage for nothing: colours repeat after ten anyway.
  keep('colours', names.slice(0, 500));
  if (before.some(([name, place]) => places.get(name) !== place)) changes++;
}

/** Whether colours can be drawn that the collector has told before. */
export const knowsColours = (): boolean => places.size > 0;

/** Services that came after the collector was asked: it will very likely give them the same places. */
export function learnServices(names: Iterable<string>): ReadonlyMap<string, number> {
  const learnt = [...names];
  assignPlaces(places, learnt);
  assignBadges(badges, learnt);
  return places;
}
