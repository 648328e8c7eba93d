/** The waterfall's lanes by service: whether they are shown, and which are shut. The address is where it is kept. */
import { laneDepths, readNames, sumLanes, writeNames } from '../../model/service-lanes';
import type { TraceModel } from '../../model/trace-model';
import { router, setQuery } from '../../route/router.svelte';

export class TraceLanes {
  readonly #model: () => TraceModel;
  on = $derived(router.route.query.get('lanes') === 'service');
  #names = $derived(readNames(router.route.query.get('shut') ?? ''));
  /** Services whose lanes show only their heading. */
  shut = $derived.by(() => {
    const { services } = this.#model();
    return new Set(this.#names.map((name) => services.indexOf(name)).filter((service) => service >= 0));
  });
  sums = $derived.by(() => sumLanes(this.#model()));
  depths = $derived.by(() => laneDepths(this.#model()));

  constructor(model: () => TraceModel) {
    this.#model = model;
  }

  show(on: boolean): void {
    setQuery({ lanes: on ? 'service' : null, shut: null }, 'replace');
  }

  toggle(service: number): void {
    const next = new Set(this.shut);
    if (!next.delete(service)) next.add(service);
    this.#shut(next);
  }

  /** Shuts or opens all. */
  toggleAll(shut: boolean): void {
    this.#shut(shut ? new Set(this.#model().services.keys()) : new Set());
  }

  #shut(shut: ReadonlySet<number>): void {
    const names = [...shut].map((service) => this.#model().services[service]!);
    setQuery({ shut: writeNames(names) || null }, 'replace');
  }
}
