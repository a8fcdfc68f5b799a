import { parseArgs } from "node:util";
import { benchDigest } from "./digest.ts";
import { benchFastPath } from "./fast-path.ts";
import { benchHook } from "./hook.ts";
import { benchIdle } from "./idle.ts";
import { benchIngest } from "./ingest.ts";
import { benchLive } from "./live.ts";
import { type Figure, isOver } from "./measure.ts";
import { benchPage } from "./page.ts";
import { benchQueries } from "./queries.ts";
import { benchReports } from "./reports.ts";
import { benchRollouts } from "./rollouts.ts";
import { benchScrape } from "./scrape.ts";
import { benchSessions } from "./sessions.ts";
import { benchTexts } from "./texts.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bytes: { type: "string" },
    "codex-share": { type: "string", default: "0.33" },
    rounds: { type: "string" },
    ccusage: { type: "string" },
    claude: { type: "string" },
    events: { type: "string", default: "1000000" },
    minutes: { type: "string", default: "10" },
    part: { type: "string", multiple: true, default: [] },
    failures: { type: "string", default: "100" },
    write: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const bytes = toBytes(values.bytes ?? "1GB");
const share = Number(values["codex-share"]);
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);

const BENCHES: Record<string, () => Promise<Figure[]>> = {
  hook: benchHook,
  live: benchLive,
  ingest: () => benchIngest(bytes, share, rounds, values.ccusage),
  "fast-path": () =>
    benchFastPath({
      bytes: toBytes(values.bytes ?? "500MB"),
      codexShare: share,
      rounds: rounds ?? 5,
      ...(values.ccusage && { ccusage: values.ccusage }),
      write: values.write,
    }),
  digest: () => benchDigest(toBytes(values.bytes ?? "200MB"), share),
  reports: () => benchReports(bytes, share, rounds ?? 3, values.ccusage),
  restart: () => benchQueries(bytes, share, { restart: true, queries: false }),
  queries: () => benchQueries(bytes, share, { restart: false, queries: true }),
  idle: () => benchIdle(toBytes(values.bytes ?? "100MB"), share, values.write),
  page: () => benchPage(Number(values.events), Number(values.minutes), values.part),
  rollouts: benchRollouts,
  scrape: benchScrape,
  texts: () => benchTexts(toBytes(values.bytes ?? "300MB"), share, rounds ?? 3),
  ...(values.claude && {
    sessions: () =>
      benchSessions({ claude: values.claude!, pairs: rounds ?? 11, failures: Number(values.failures) }),
  }),
};

function toBytes(text: string): number {
  const match = /^([\d.]+)\s*(k|M|G)?B?$/i.exec(text);
  if (!match) throw new Error(`--bytes ${text} is not a size like 300MB`);
  return Math.round(
    Number(match[1]) *
      { "": 1, K: 1e3, M: 1e6, G: 1e9 }[(match[2] ?? "").toUpperCase() as "" | "K" | "M" | "G"],
  );
}

function print(figure: Figure): void {
  const value = `${figure.value.toFixed(figure.unit === "x" ? 2 : 1)} ${figure.unit}`.padStart(14);
  const bounds = [
    ...(figure.limit === undefined ? [] : [`limit ${figure.limit}`]),
    ...(figure.at_least === undefined ? [] : [`at least ${figure.at_least}`]),
  ];
  const limit = bounds.length === 0 ? "" : [isOver(figure) ? "MISSED" : "ok", ...bounds].join(", ");
  console.log(`${figure.name.padEnd(44)} ${value}  ${limit.padEnd(18)} ${figure.note ?? ""}`.trimEnd());
}

const wanted = positionals.length === 0 || positionals.includes("all") ? Object.keys(BENCHES) : positionals;
const results: Record<string, Figure[]> = {};
for (const name of wanted) {
  const bench = BENCHES[name];
  if (!bench) throw new Error(`there is no bench "${name}": ${Object.keys(BENCHES).join(", ")}`);
  if (!values.json) console.log(`\n${name}`);
  results[name] = await bench();
  if (!values.json) results[name].forEach(print);
}
if (values.json)
  console.log(
    JSON.stringify({ bun: Bun.version, cpus: navigator.hardwareConcurrency, bytes, results }, null, 1),
  );
process.exitCode = Object.values(results).flat().some(isOver) ? 1 : 0;
