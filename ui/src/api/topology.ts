/** Services, what they call, and what they are made of. */
import { get, type Params } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type ServiceMap = Schemas['ServiceMap'];
export type MapNode = Schemas['MapNode'];
export type MapEdge = Schemas['MapEdge'];
export type Red = Schemas['Red'];
export type ServicePage = Schemas['ServicePage'];
export type OperationFigures = Schemas['OperationFigures'];
export type OperationList = Schemas['OperationList'];
export type InstanceFigures = Schemas['InstanceFigures'];
export type Point = Schemas['Point'];
export type Deploy = Schemas['Deploy'];
export type DeployList = Schemas['DeployList'];
export type LogVolume = Schemas['HistogramAnswer'];

export const fetchMap = (params: Params, signal: AbortSignal): Promise<ServiceMap> => get('map', params, signal);

export const fetchService = (name: string, params: Params, signal: AbortSignal): Promise<ServicePage> =>
  get(`services/${encodeURIComponent(name)}`, params, signal);

export const fetchOperations = (params: Params, signal: AbortSignal): Promise<OperationList> =>
  get('operations', params, signal);

export const fetchDeploys = (params: Params, signal: AbortSignal): Promise<DeployList> =>
  get('deploys', params, signal);

export const fetchLogVolume = (params: Params, signal: AbortSignal): Promise<LogVolume> =>
  get('histogram', { ...params, of: 'logs' }, signal);
