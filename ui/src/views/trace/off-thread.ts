/** Long work off the thread that draws. */
import type { Flame } from '../../model/flame';
import type { MergedCalls } from '../../model/left-heavy';
import { drawnLengths } from '../../model/open-spans';
import type { TraceModel } from '../../model/trace-model';
import workerUrl from './trace-worker.ts?worker&url';

/** Browsers that hold a page to Trusted Types start a worker only from an address that a policy vouches for. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: () => string }): { createScriptURL(url: string): string };
}
const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy('spanwise-worker', { createScriptURL: () => workerUrl });

import { type Done, done, type Work } from '../../model/trace-work';

/** Below so many spans the work takes less than starting a worker does. */
const FEW = 20_000;
const BYTES_A_SPAN = 40;

export const buildOffThread = (buffer: ArrayBuffer): Promise<TraceModel> =>
  run({ build: buffer }, buffer.byteLength < FEW * BYTES_A_SPAN, [buffer]) as Promise<TraceModel>;

/** `running` is whether spans without an end are drawn up to now. */
export async function packOffThread(model: TraceModel, running: boolean): Promise<Flame> {
  const { size, start, parent, depth, flags } = model;
  const pack = { size, start, parent, depth, flags, length: drawnLengths(model, running) };
  return run({ pack }, size < FEW, []) as Promise<Flame>;
}

export function mergeOffThread(model: TraceModel): Promise<MergedCalls> {
  const { size, parent, service, name, services, names, duration, self, flags } = model;
  const merge = { size, parent, service, name, services, names, duration, self, flags };
  return run({ merge }, size < FEW, []) as Promise<MergedCalls>;
}

async function run(work: Work, here: boolean, given: Transferable[]): Promise<Done> {
  if (here) return done(work);
  const worker = new Worker(policy?.createScriptURL('') ?? workerUrl, { type: 'module' });
  try {
    return await new Promise<Done>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<{ made?: Done; failed?: string }>) =>
        data.made ? resolve(data.made) : reject(new Error(data.failed));
      // Of a worker that could not be started nothing is told.
      worker.onerror = (event) => reject(new Error(event.message || 'The browser could not start a worker for it.'));
      worker.onmessageerror = () => reject(new Error('There is no memory for what the worker made.'));
      worker.postMessage(work, given);
    });
  } finally {
    worker.terminate();
  }
}
