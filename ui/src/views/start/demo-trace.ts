/** One small trace that the reader asks for by a button; it goes through the collector's own door, under its own name. */

const hex = (bytes: number): string =>
  [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const text = (key: string, value: string): unknown => ({ key, value: { stringValue: value } });

interface Step {
  service: string;
  name: string;
  kind: number;
  parent: number;
  from: number;
  to: number;
  error?: string;
}

const STEPS: readonly Step[] = [
  { service: 'spanwise-demo-web', name: 'GET /checkout', kind: 2, parent: -1, from: 0, to: 184 },
  { service: 'spanwise-demo-web', name: 'POST /charge', kind: 3, parent: 0, from: 6, to: 178 },
  { service: 'spanwise-demo-pay', name: 'POST /charge', kind: 2, parent: 1, from: 9, to: 175 },
  { service: 'spanwise-demo-pay', name: 'SELECT card', kind: 3, parent: 2, from: 14, to: 31 },
  { service: 'spanwise-demo-pay', name: 'authorize', kind: 1, parent: 2, from: 33, to: 172, error: 'card declined' },
];

/** OTLP/JSON for traces and for logs, and the trace's id. */
export function demoTrace(nowMs: number): { id: string; traces: unknown; logs: unknown } {
  const id = hex(16);
  const ids = STEPS.map(() => hex(8));
  const at = (ms: number): string => `${BigInt(Math.round(nowMs - 200 + ms)) * 1_000_000n}`;
  const spans = STEPS.map((step, index) => ({
    traceId: id,
    spanId: ids[index],
    parentSpanId: step.parent < 0 ? '' : ids[step.parent],
    name: step.name,
    kind: step.kind,
    startTimeUnixNano: at(step.from),
    endTimeUnixNano: at(step.to),
    status: step.error ? { code: 2, message: step.error } : {},
    attributes: [text('spanwise.demo', 'true')],
  }));
  const log = {
    timeUnixNano: at(170),
    severityNumber: 17,
    severityText: 'ERROR',
    body: { stringValue: 'card declined: insufficient funds' },
    traceId: id,
    spanId: ids[4],
  };
  const services = [...new Set(STEPS.map((step) => step.service))];
  const resource = (service: string): unknown => ({ attributes: [text('service.name', service)] });
  return {
    id,
    traces: {
      resourceSpans: services.map((service) => ({
        resource: resource(service),
        scopeSpans: [
          { scope: { name: 'spanwise.demo' }, spans: spans.filter((_, index) => STEPS[index]!.service === service) },
        ],
      })),
    },
    logs: {
      resourceLogs: [
        {
          resource: resource('spanwise-demo-pay'),
          scopeLogs: [{ scope: { name: 'spanwise.demo' }, logRecords: [log] }],
        },
      ],
    },
  };
}
