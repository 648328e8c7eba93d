/** The keys of the keyboard: what they do, for those who press them and for those who ask. */
import type { Page, RouteName } from './url';

/** After g, within a second. */
export const GO_KEYS: Readonly<Record<string, Page>> = {
  h: 'home',
  t: 'traces',
  l: 'logs',
  e: 'errors',
  m: 'map',
  n: 'nodes',
  d: 'diagnosis',
  c: 'compare',
  s: 'settings',
};

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
export const RANGES: Readonly<Partial<Record<RouteName, string>>> = {
  home: 'now-1h',
  traces: 'now-1h',
  logs: 'now-1h',
  errors: 'now-24h',
  error: 'now-24h',
  map: 'now-1h',
  nodes: 'now-1h',
  compare: 'now-1h',
  service: 'now-1h',
  diagnosis: 'now-15m',
};

export type KeyGroup = readonly [title: string, keys: readonly (readonly [keys: string, meaning: string])[]];

const PAGES = Object.entries(GO_KEYS).map(([key, page]) => [`g ${key}`, PAGE_NAMES[page]] as const);

export const KEY_GROUPS: readonly KeyGroup[] = [
  [
    'Everywhere',
    [
      ['/', 'Search'],
      ['Ctrl k', 'Go to anything: a page, a service, a trace, a command'],
      ['.', 'Refresh'],
      ['r', 'Time range'],
      ['y', 'Copy a link to this view, its times fixed'],
      ['?', 'This help'],
      ['Esc', 'Close what is on top'],
    ],
  ],
  ['Pages', PAGES],
  [
    'List of traces',
    [
      ['j k', 'Next, previous'],
      ['Enter', 'Open'],
      ['o', 'Open in a new tab'],
      ['x', 'Choose for a comparison'],
      ['c', 'Compare the two that are chosen'],
    ],
  ],
  [
    'Search',
    [
      ['Enter', 'Take what is marked in the list, else search'],
      ['Ctrl ↵', 'Search at once'],
      ['↑', 'Earlier searches, where nothing is written'],
      ['+ −', 'Only, or without, the value that has the focus'],
    ],
  ],
  [
    'Logs',
    [
      ['j k', 'Next, previous'],
      ['→ ←', 'All of it as JSON, or one line'],
      ['t', 'Open its trace'],
      ['space', 'Pause or resume the live tail'],
      ['G', 'To the newest of the live tail'],
    ],
  ],
  [
    'Trace',
    [
      ['↑ ↓', 'Previous, next row'],
      ['← →', 'Fold or parent, unfold or child'],
      ['⇧← ⇧→', 'Fold, unfold all below'],
      ['[ ]', 'One level less, more'],
      ['e E', 'Next, previous error'],
      ['n N', 'Next, previous match'],
      ['w s', 'Zoom in, out'],
      ['a d', 'Earlier, later'],
      ['f', 'Zoom to the selected span'],
      ['0', 'Whole trace'],
      ['1 … 7', 'Waterfall, flame, operations, graph, spans, logs, JSON'],
      ['p', 'Critical path: shown, alone, off'],
      ['l', 'Log lines as rows'],
      ['v', 'Details at the side or below'],
      ['D', 'Diagnosis: what is wrong, and who is to blame'],
    ],
  ],
];
