/** Files of what the trace page shows, made in the browser; fetched when one is asked for. */
import { stamp } from '../../base/time';
import { toMarkdown } from '../../model/trace-markdown';
import { type Picture, paintPicture, sizeOf } from '../../model/trace-picture';
import { badgeOf, preferences } from '../../route/preferences.svelte';
import { readInk } from '../../widgets/ink';
import type { TraceView } from './trace-view.svelte';

const when = (nano: number): string => stamp(nano, preferences.zone);

export function saveMarkdown(trace: TraceView): void {
  const text = toMarkdown(trace, location.href, when);
  save(new Blob([text], { type: 'text/markdown' }), `${trace.model.facts.trace_id}.md`);
}

/** The rows as they are drawn, with names; twice as fine as the screen where that is not too large for a canvas. */
export async function savePicture(trace: TraceView, labels = 380): Promise<void> {
  const picture: Picture = {
    // One by one: what is derived is no property of its own that could be spread.
    trace: {
      model: trace.model,
      rows: trace.rows,
      logsOf: trace.logsOf,
      logs: trace.logs,
      logTimes: trace.logTimes,
      groups: trace.groups.closed,
      openUntil: trace.open.until,
      running: trace.open.now !== null,
      ghosts: trace.ghosts,
      cover: trace.cover,
      sections: trace.sections,
      faded: trace.faded,
      path: trace.path,
      selected: trace.selected,
      lanes: trace.lanes,
      linked: trace.linked,
      placeOf: trace.placeOf,
    },
    scale: trace.time.scale,
    labels,
    ink: readInk(trace.model.services),
    badges: trace.model.services.map(badgeOf),
    started: when(trace.model.facts.start_time_unix_nano),
  };
  const { width, height, fineness } = sizeOf(picture);
  const canvas = document.createElement('canvas');
  canvas.width = width * fineness;
  canvas.height = height * fineness;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser draws no pictures.');
  context.scale(fineness, fineness);
  paintPicture(context, picture);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The picture is too large for this browser: fold some rows.');
  save(blob, `${trace.model.facts.trace_id}.png`);
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
