/** Moving a box of the map with a pointer. A press that does not move is a click, as it would be without this. */
import type { XY } from '../../model/map-layout';

/** So far a pointer goes before it drags, in pixels. */
const SLACK = 4;

interface Dragged {
  /** Where it stands as it is taken. */
  readonly from: () => XY;
  /** Pixels of the screen in a pixel of the plane. */
  readonly scale: () => number;
  readonly move: (at: XY) => void;
  readonly end: () => void;
}

/** An attachment of the box. A finger scrolls; it drags by what carries `data-grip`. */
export function draggable(of: Dragged): (box: HTMLElement) => () => void {
  return (box) => {
    let stop = (): void => undefined;
    function press(event: PointerEvent): void {
      const target = event.target as Element;
      if (event.button !== 0 || (event.pointerType === 'touch' && !target.closest('[data-grip]'))) return;
      const [start, from] = [{ x: event.clientX, y: event.clientY }, of.from()];
      let dragging = false;
      function go(next: PointerEvent): void {
        const [x, y] = [next.clientX - start.x, next.clientY - start.y];
        dragging ||= Math.hypot(x, y) > SLACK;
        if (dragging) of.move({ x: from.x + x / of.scale(), y: from.y + y / of.scale() });
      }
      function end(): void {
        stop();
        if (!dragging) return;
        const swallow = (click: MouseEvent): void => {
          click.preventDefault();
          click.stopPropagation();
        };
        box.addEventListener('click', swallow, { capture: true, once: true });
        // Where the pointer was let go over something else there is no click to swallow.
        setTimeout(() => box.removeEventListener('click', swallow, { capture: true }));
        of.end();
      }
      stop = () => {
        removeEventListener('pointermove', go);
        removeEventListener('pointerup', end);
        removeEventListener('pointercancel', end);
        stop = () => undefined;
      };
      addEventListener('pointermove', go);
      addEventListener('pointerup', end);
      addEventListener('pointercancel', end);
    }
    box.addEventListener('pointerdown', press);
    return () => {
      stop();
      box.removeEventListener('pointerdown', press);
    };
  };
}
