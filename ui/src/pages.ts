/** Which page stands at which route. Each is a chunk of its own, fetched when it is first gone to. */
import type { Component } from 'svelte';
import type { RouteName } from './route/url';

/** `id` is the route's: what the page is about. A page that is about nothing else does not take it. */
type Load = () => Promise<{ default: Component<{ id: string }> }>;

const page = (load: () => Promise<{ default: unknown }>): Load => load as Load;

export const PAGES: Record<RouteName, Load> = {
  home: page(() => import('./views/home/HomePage.svelte')),
  traces: page(() => import('./views/search/SearchPage.svelte')),
  trace: page(() => import('./views/trace/TracePage.svelte')),
  logs: page(() => import('./views/logs/LogsPage.svelte')),
  start: page(() => import('./views/start/StartPage.svelte')),
  diagnosis: page(() => import('./views/diagnosis/DiagnosisPage.svelte')),
  map: page(() => import('./views/map/MapPage.svelte')),
  errors: page(() => import('./views/errors/ErrorsPage.svelte')),
  error: page(() => import('./views/errors/ErrorPage.svelte')),
  nodes: page(() => import('./views/nodes/NodesPage.svelte')),
  compare: page(() => import('./views/compare/ComparePage.svelte')),
  service: page(() => import('./views/service/ServicePage.svelte')),
  operation: page(() => import('./views/service/OperationPage.svelte')),
  settings: page(() => import('./views/settings/SettingsPage.svelte')),
  unknown: page(() => import('./views/NoPage.svelte')),
};

/** What stands over the page until it is closed. */
export const DIALOGS: Record<'help' | 'palette', () => Promise<{ default: Component<{ onclose: () => void }> }>> = {
  help: () => import('./views/Help.svelte'),
  palette: () => import('./views/Palette.svelte'),
};
