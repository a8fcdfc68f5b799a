import type { Counter, Gauge, Histogram } from "prom-client";
import type { Written } from "../../schema/api-content.ts";
import { METRICS, type MetricName } from "../../schema/metrics.ts";

export type Labels = Record<string, string>;

/**
 * The exposition. Values are taken from the database and set as they are: a counter is set to its stored sum, and never
 * below its previous value, since a decrease would be read as a restart from zero.
 */
export function createRegistry() {
  // Not loaded with the daemon: an `import` of a CommonJS package is evaluated at once, wherever it is.
  const { Counter, Gauge, Registry } = require("prom-client") as typeof import("prom-client");
  const registry = new Registry();
  const gauges = new Map<string, Gauge>();
  const counters = new Map<string, Counter>();
  const shown = new Map<string, number>();
  const copies = new Map<string, Copies>();
  for (const [name, { type, labels, help }] of Object.entries(METRICS)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === "gauge") gauges.set(name, new Gauge(options));
    else if (type === "counter") counters.set(name, new Counter(options));
    else {
      const copy: Copies = new Map();
      copies.set(name, copy);
      registry.registerMetric(copied(name, help, labels[0]!, copy));
    }
  }

  return {
    /** Without the blank lines between metrics: a reader that cuts lines itself takes them for a series without a name. */
    text: async () => (await registry.metrics()).replace(/\n{2,}/g, "\n") as Written<"text/plain">,
    /** Removes every gauge's series, so that unknown values disappear instead of getting stuck. */
    clearGauges(): void {
      for (const [name, gauge] of gauges) {
        gauge.reset();
        if (METRICS[name as MetricName].labels.length === 0) gauge.remove();
      }
    },
    gauge(name: MetricName, labels: Labels, value: number | null | undefined): void {
      if (value === null || value === undefined || !Number.isFinite(value)) return;
      gauges.get(name)?.set(inOrder(name, labels), value);
    },
    counter(name: MetricName, labels: Labels, total: number): void {
      const ordered = inOrder(name, labels);
      const key = `${name} ${JSON.stringify(ordered)}`;
      const before = shown.get(key);
      if (before !== undefined && total <= before) return;
      counters.get(name)?.inc(ordered, Math.max(0, total - (before ?? 0)));
      shown.set(key, Math.max(0, total));
    },
    /** Exports a histogram that is maintained elsewhere; it has one label. */
    copy: (name: MetricName, label: string, of: Copy): void => void copies.get(name)?.set(label, of),
  };
}

type Copy = { buckets: { le: number; count: number }[]; count: number; sum: number };
type Copies = Map<string, Copy>;

/**
 * A histogram is counted where its values come up; the library could only count it once more. What the registry asks of
 * a metric is `get`; its own class does not let a count be set.
 */
function copied(name: string, help: string, label: string, copies: Copies): Histogram {
  const valuesOf = ([value, { buckets, count, sum }]: [string, Copy]) => [
    ...[...buckets, { le: "+Inf", count }].map((b) => ({
      metricName: `${name}_bucket`,
      labels: { le: b.le, [label]: value },
      value: b.count,
    })),
    { metricName: `${name}_sum`, labels: { [label]: value }, value: sum },
    { metricName: `${name}_count`, labels: { [label]: value }, value: count },
  ];
  const get = async () => ({ name, help, type: "histogram", values: [...copies].flatMap(valuesOf) });
  return { name, get, reset() {} } as unknown as Histogram;
}

/** The library prints labels in the order of the object it was first given. */
function inOrder(name: MetricName, labels: Labels): Labels {
  return Object.fromEntries(METRICS[name].labels.map((label) => [label, labels[label] ?? ""]));
}
export type Exposition = ReturnType<typeof createRegistry>;
