/** Every running copy of a service: how it is, and why. */
import { get, type Params } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type NodeList = Schemas['NodeList'];
export type Node = Schemas['Node'];
export type NodeState = Node['state'];

/** The weightiest first. */
export const NODE_STATES: readonly NodeState[] = [
  'registered, silent',
  'silent',
  'failing',
  'overloaded',
  'slow',
  'unregistered',
  'replaced',
  'ok',
];

export const fetchNodes = (params: Params, signal: AbortSignal): Promise<NodeList> => get('nodes', params, signal);
