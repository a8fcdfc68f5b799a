import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Written } from "../../schema/api-content.ts";
import { METRICS, type MetricName } from "../../schema/metrics.ts";

export type Labels = Record<string, string>;
const POLL_BUCKETS_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];

/**
 * The exposition. Values are taken from the database and set as they are: a counter is set to its stored sum, and never
 * below its previous value, since a decrease would be read as a restart from zero.
 */
export function createRegistry() {
  const registry = new Registry();
  const gauges = new Map<string, Gauge>();
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const shown = new Map<string, number>();
  const copies = new Map<string, Copies>();
  for (const [name, { type, labels, help }] of Object.entries(METRICS)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === "gauge") gauges.set(name, new Gauge(options));
    else if (type === "counter") counters.set(name, new Counter(options));
    else if (COPIED.has(name)) {
      const copy: Copies = new Map();
      copies.set(name, copy);
      registry.registerMetric(copied(name, help, copy));
    } else histograms.set(name, new Histogram({ ...options, buckets: POLL_BUCKETS_S }));
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
    /** Exports a histogram that is maintained elsewhere. */
    copy: (name: MetricName, source: string, of: Copy): void => void copies.get(name)?.set(source, of),
    observe: (name: MetricName, labels: Labels, value: number): void =>
      histograms.get(name)?.observe(inOrder(name, labels), value),
  };
}

type Copy = { buckets: { le: number; count: number }[]; count: number; sum: number };
type Copies = Map<string, Copy>;
/** Counted where files are read; the library could only count it once more. */
const COPIED: ReadonlySet<string> = new Set<MetricName>(["hall_file_parse_duration_seconds"]);

/** What the registry asks of a metric is `get`; its own class does not let a count be set. */
function copied(name: string, help: string, copies: Copies): Histogram {
  const valuesOf = ([source, { buckets, count, sum }]: [string, Copy]) => [
    ...[...buckets, { le: "+Inf", count }].map((b) => ({
      metricName: `${name}_bucket`,
      labels: { le: b.le, source },
      value: b.count,
    })),
    { metricName: `${name}_sum`, labels: { source }, value: sum },
    { metricName: `${name}_count`, labels: { source }, value: count },
  ];
  const get = async () => ({ name, help, type: "histogram", values: [...copies].flatMap(valuesOf) });
  return { name, get, reset() {} } as unknown as Histogram;
}

/** The library prints labels in the order of the object it was first given. */
function inOrder(name: MetricName, labels: Labels): Labels {
  return Object.fromEntries(METRICS[name].labels.map((label) => [label, labels[label] ?? ""]));
}
export type Exposition = ReturnType<typeof createRegistry>;
