/** Long work off the thread that draws. */
import type { Flame, FlameSpans } from '../../model/flame';
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

export function packOffThread({ size, start, duration, parent, depth, flags }: FlameSpans): Promise<Flame> {
  return run({ pack: { size, start, duration, parent, depth, flags } }, size < FEW, []) as Promise<Flame>;
}

async function run(work: Work, here: boolean, given: Transferable[]): Promise<Done> {
  if (here) return done(work);
  const worker = new Worker(policy?.createScriptURL('') ?? workerUrl, { type: 'module' });
  try {
    return await new Promise<Done>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<{ made?: Done; failed?: string }>) =>
        data.made ? resolve(data.made) : reject(new Error(data.failed));
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(work, given);
    });
  } finally {
    worker.terminate();
  }
}
