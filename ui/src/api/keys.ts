/** Keys of the project: whom they let in is decided by the collector. */
import { get, send } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type KeyInfo = Schemas['KeyInfo'];
export type KeyMade = Schemas['KeyMade'];
export type KeyScope = KeyInfo['scopes'][number];

export const fetchKeys = (signal: AbortSignal): Promise<Schemas['KeyList']> => get('keys', {}, signal);

export const makeKey = (name: string, scopes: readonly KeyScope[]): Promise<KeyMade> =>
  send('POST', 'keys', { name, scopes });

export const revokeKey = (id: string): Promise<void> => send('DELETE', `keys/${encodeURIComponent(id)}`);
