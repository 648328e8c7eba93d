/** The keys of the keyboard: what they do, for those who press them, ask for them or change them. */
import type { Page, RouteName } from './url';

export const PAGE_NAMES: Readonly<Record<Page, string>> = {
  home: 'Home',
  traces: 'Traces',
  logs: 'Logs',
  errors: 'Errors',
  map: 'Map',
  nodes: 'Nodes',
  diagnosis: 'Diagnosis',
  compare: 'Compare',
  settings: 'Settings',
  start: 'Send data',
};

/** Where the range of a page begins when its address does not say; pages that are not here have none. */
export const RANGES = {
  home: 'now-1h',
  traces: 'now-1h',
  logs: 'now-1h',
  errors: 'now-24h',
  error: 'now-24h',
  map: 'now-1h',
  nodes: 'now-1h',
  compare: 'now-1h',
  service: 'now-1h',
  operation: 'now-1h',
  diagnosis: 'now-15m',
} as const satisfies Partial<Record<RouteName, string>>;

interface Command {
  readonly key: string;
  readonly meaning: string;
  /** The place on the keyboard that counts until another key is chosen: these stand together whatever they carry. */
  readonly code?: string;
}

/** What a single key does; each can be given another. Commands that begin with `go.` are heard after the key of `go`. */
export const COMMANDS = {
  search: { key: '/', meaning: 'Search' },
  refresh: { key: '.', meaning: 'Refresh' },
  range: { key: 'r', meaning: 'Time range' },
  copyLink: { key: 'y', meaning: 'Copy a link to this view, its times fixed' },
  help: { key: '?', meaning: 'The keys' },
  go: { key: 'g', meaning: 'Go to a page: this key, then that of the page' },
  'go.home': { key: 'h', meaning: PAGE_NAMES.home },
  'go.traces': { key: 't', meaning: PAGE_NAMES.traces },
  'go.logs': { key: 'l', meaning: PAGE_NAMES.logs },
  'go.errors': { key: 'e', meaning: PAGE_NAMES.errors },
  'go.map': { key: 'm', meaning: PAGE_NAMES.map },
  'go.nodes': { key: 'n', meaning: PAGE_NAMES.nodes },
  'go.diagnosis': { key: 'd', meaning: PAGE_NAMES.diagnosis },
  'go.compare': { key: 'c', meaning: PAGE_NAMES.compare },
  'go.settings': { key: 's', meaning: PAGE_NAMES.settings },
  nextRow: { key: 'j', meaning: 'Next' },
  previousRow: { key: 'k', meaning: 'Previous' },
  openInTab: { key: 'o', meaning: 'Open in a new tab' },
  choose: { key: 'x', meaning: 'Choose for a comparison' },
  compare: { key: 'c', meaning: 'Compare the two that are chosen' },
  include: { key: '+', meaning: 'Only the value that has the focus' },
  exclude: { key: '-', meaning: 'Without the value that has the focus' },
  openTrace: { key: 't', meaning: 'Open the trace of a log line' },
  pause: { key: ' ', meaning: 'Pause or resume the live tail' },
  bookmark: { key: 'm', meaning: 'Bookmark a log line, or take its mark away' },
  newest: { key: 'G', meaning: 'To the newest of the live tail' },
  foldLevel: { key: '[', meaning: 'One level less' },
  unfoldLevel: { key: ']', meaning: 'One level more' },
  nextError: { key: 'e', meaning: 'Next error' },
  previousError: { key: 'E', meaning: 'Previous error' },
  nextMatch: { key: 'n', meaning: 'Next match' },
  previousMatch: { key: 'N', meaning: 'Previous match' },
  zoomIn: { key: 'w', meaning: 'Zoom in', code: 'KeyW' },
  zoomOut: { key: 's', meaning: 'Zoom out', code: 'KeyS' },
  earlier: { key: 'a', meaning: 'Earlier', code: 'KeyA' },
  later: { key: 'd', meaning: 'Later', code: 'KeyD' },
  fit: { key: 'f', meaning: 'Zoom to the selected span' },
  whole: { key: '0', meaning: 'Whole trace' },
  zoomBack: { key: 'b', meaning: 'Back to what was seen before the zoom' },
  path: { key: 'p', meaning: 'Critical path: shown, alone, off' },
  logRows: { key: 'l', meaning: 'Log lines as rows' },
  dock: { key: 'v', meaning: 'Details at the side or below' },
  diagnose: { key: 'D', meaning: 'Diagnosis: what is wrong, and who is to blame' },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;
/** The keys that a reader has chosen, by what they do. */
export type ChosenKeys = Readonly<Partial<Record<CommandName, string>>>;

/** Keys that are what they are everywhere on the web; they cannot be changed. */
type Fixed = readonly [keys: string, meaning: string];
export type KeyGroup = readonly [title: string, entries: readonly (CommandName | Fixed)[]];

const PAGES = (Object.keys(COMMANDS) as CommandName[]).filter((name) => name.startsWith('go'));

export const KEY_GROUPS: readonly KeyGroup[] = [
  [
    'Everywhere',
    [
      'search',
      ['Ctrl k', 'Go to anything: a page, a service, a trace, a command'],
      'refresh',
      'range',
      'copyLink',
      'help',
      ['Esc', 'Close what is on top'],
    ],
  ],
  ['Pages', PAGES],
  ['Lists', ['nextRow', 'previousRow', ['Enter', 'Open'], 'openInTab', 'choose', 'compare']],
  [
    'Search',
    [
      ['Enter', 'Take what is marked in the list, else search'],
      ['Ctrl ↵', 'Search at once'],
      ['↑', 'Earlier searches, where nothing is written'],
      'include',
      'exclude',
    ],
  ],
  ['Logs', [['→ ←', 'All of it as JSON, or one line'], 'openTrace', 'bookmark', 'pause', 'newest']],
  [
    'Trace',
    [
      ['↑ ↓', 'Previous, next row'],
      ['← →', 'Fold or parent, unfold or child'],
      ['⇧← ⇧→', 'Fold, unfold all below'],
      'foldLevel',
      'unfoldLevel',
      'nextError',
      'previousError',
      'nextMatch',
      'previousMatch',
      'zoomIn',
      'zoomOut',
      'earlier',
      'later',
      'fit',
      'whole',
      'zoomBack',
      ['1 … 7', 'Waterfall, flame, operations, graph, spans, logs, JSON'],
      'path',
      'logRows',
      'dock',
      'diagnose',
    ],
  ],
];

export const keyOf = (chosen: ChosenKeys, name: CommandName): string => chosen[name] ?? COMMANDS[name].key;

/** Whether a key that was pressed is that of the command. */
export function means(chosen: ChosenKeys, name: CommandName, event: Pick<KeyboardEvent, 'key' | 'code'>): boolean {
  const { code }: Command = COMMANDS[name];
  if (code && !chosen[name]) return event.code === code && event.key === event.key.toLowerCase();
  return event.key === keyOf(chosen, name);
}

/** A key of one sign, and none of those that have a fixed meaning. */
export const canBeChosen = (key: string): boolean => [...key].length === 1 && !/^[1-7]$/.test(key);

/** Gives a command another key; whoever had that one takes the old one, so that no key does two things. */
export function choose(chosen: ChosenKeys, name: CommandName, key: string): ChosenKeys {
  const next: Partial<Record<CommandName, string>> = { ...chosen };
  const before = keyOf(chosen, name);
  const other = (Object.keys(COMMANDS) as CommandName[]).find(
    (one) => one !== name && keyOf(chosen, one) === key && isPage(one) === isPage(name),
  );
  if (other) next[other] = before;
  next[name] = key;
  for (const one of Object.keys(next) as CommandName[]) if (next[one] === COMMANDS[one]?.key) delete next[one];
  return next;
}

const isPage = (name: CommandName): boolean => name.startsWith('go.');

/** How a key is written where it is shown. */
export const written = (key: string): string => (key === ' ' ? 'space' : key);
