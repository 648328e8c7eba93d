/** The keys of the tree: those of a treegrid, and the single keys of the trace page. */
import { hasModifier } from '../../base/keys';
import { ghostAbove } from '../../model/lost-parents';
import { parentInLane } from '../../model/service-lanes';
import { ghostOf, headingOf, isGhost, isHeading, serviceOfHeading } from '../../model/waterfall-entries';
import { preferences } from '../../route/preferences.svelte';
import { pressed } from '../../route/pressed';
import type { TraceView } from './trace-view.svelte';

export interface Place {
  readonly trace: TraceView;
  /** The active row, as an index into the shown rows. */
  readonly index: number;
  readonly page: number;
  readonly moveTo: (index: number) => void;
}

/** Whether the key was one of the tree's. */
export function waterfallKey(event: KeyboardEvent, place: Place): boolean {
  if (hasModifier(event)) return false;
  const { index, page, moveTo, trace } = place;
  switch (event.key) {
    case 'ArrowDown':
      moveTo(index + 1);
      return true;
    case 'ArrowUp':
      moveTo(index - 1);
      return true;
    case 'PageDown':
      moveTo(index + page);
      return true;
    case 'PageUp':
      moveTo(index - page);
      return true;
    case 'Home':
      moveTo(0);
      return true;
    case 'End':
      moveTo(trace.rows.length - 1);
      return true;
    case 'ArrowRight':
      return openOrEnter(event, place);
    case 'ArrowLeft':
      return closeOrLeave(event, place);
    case 'Enter':
    case ' ':
      if (isHeading(trace.rows[index] ?? 0)) trace.lanes.toggle(serviceOfHeading(trace.rows[index]!));
      moveTo(index);
      return true;
    default:
      return false;
  }
}

function openOrEnter(event: KeyboardEvent, { trace, index, moveTo }: Place): boolean {
  const row = trace.rows[index];
  if (row === undefined || trace.isLog(row)) return false;
  if (isHeading(row)) {
    if (trace.lanes.shut.has(serviceOfHeading(row))) trace.lanes.toggle(serviceOfHeading(row));
    else moveTo(index + 1);
    return true;
  }
  if (isGhost(row)) {
    moveTo(index + 1);
    return true;
  }
  if (trace.groups.closed?.[row]) {
    trace.groups.toggle(row);
    return true;
  }
  if (trace.lanes.on) return true;
  if (event.shiftKey) {
    if (trace.folded[row]) trace.toggle(row, true);
  } else if (trace.folded[row]) trace.toggle(row, false);
  else if (trace.model.subtree[row]! > 0) moveTo(index + 1);
  return true;
}

function closeOrLeave(event: KeyboardEvent, { trace, index, moveTo }: Place): boolean {
  const entry = trace.rows[index];
  if (entry === undefined) return false;
  if (isHeading(entry)) {
    if (!trace.lanes.shut.has(serviceOfHeading(entry))) trace.lanes.toggle(serviceOfHeading(entry));
    return true;
  }
  if (isGhost(entry)) return true;
  if (trace.isLog(entry)) {
    moveTo(index - 1);
    return true;
  }
  const row = entry;
  if (trace.groups.sizeOf(row) > 0 && !trace.groups.closed?.[row]) trace.groups.toggle(row);
  else if (trace.lanes.on) {
    const above = trace.placeOf(parentInLane(trace.model, row));
    moveTo(above >= 0 ? above : trace.rows.indexOf(headingOf(trace.model.service[row]!)));
  } else if (trace.model.subtree[row]! > 0 && !trace.folded[row]) trace.toggle(row, event.shiftKey);
  else if (trace.model.parent[row]! >= 0) moveTo(trace.placeOf(trace.model.parent[row]!));
  else {
    const ghost = ghostAbove(trace.model, trace.ghosts, row);
    if (ghost >= 0) moveTo(trace.rows.indexOf(ghostOf(ghost)));
  }
  return true;
}

/** Letters that work anywhere on the trace page. */
export function traceKey(event: KeyboardEvent, trace: TraceView): boolean {
  const { scale } = trace.time;
  if (pressed(event, 'zoomIn')) trace.time.zoom(scale.zoom(0.8));
  else if (pressed(event, 'zoomOut')) trace.time.zoom(scale.zoom(1.25));
  else if (pressed(event, 'earlier')) trace.time.zoom(scale.pan(-scale.width * 0.15));
  else if (pressed(event, 'later')) trace.time.zoom(scale.pan(scale.width * 0.15));
  else if (pressed(event, 'whole')) trace.time.zoom(trace.time.bounds);
  else if (pressed(event, 'zoomBack')) trace.time.zoomBack();
  else if (pressed(event, 'fit') && trace.selected >= 0) trace.time.zoomToRow(trace.selected);
  else if (pressed(event, 'nextError')) trace.nextError(1);
  else if (pressed(event, 'previousError')) trace.nextError(-1);
  else if (pressed(event, 'nextMatch')) trace.nextMatch(1);
  else if (pressed(event, 'previousMatch')) trace.nextMatch(-1);
  else if (pressed(event, 'path') && trace.model.hasPath) trace.nextPath();
  else if (pressed(event, 'logRows')) trace.lines.toggle();
  else if (pressed(event, 'foldLevel')) trace.level(-1);
  else if (pressed(event, 'unfoldLevel')) trace.level(1);
  else if (pressed(event, 'dock')) preferences.set('dock', preferences.dock === 'side' ? 'bottom' : 'side');
  else return false;
  return true;
}
