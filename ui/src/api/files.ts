/** Files out of the collector and into it (docs/files.md). */
import { address, type Params, upload } from './client';
import type { components } from './openapi';

export type Imported = components['schemas']['Imported'];
export type Exported = 'traces' | 'spans' | 'logs';

/** The formats that an export can be written in (docs/files.md). */
export const FORMATS = [
  ['otlp', 'OTLP, protobuf'],
  ['otlp-json', 'OTLP, JSON lines'],
  ['ndjson', 'NDJSON, as the API shows it'],
  ['parquet', 'Parquet'],
] as const;

export const exportAddress = (signal: Exported, format: string, params: Params): string =>
  address('api/v1/export', { ...params, signal, format });

/** Sends a file as it is; the answer comes once all of it is durable. */
export const importFile = (file: File, signal: AbortSignal): Promise<Imported> =>
  upload<Imported>('import', file, signal);
