import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";
import { join } from "node:path";
import { budgetSpends, limitNano, periodOf } from "../collector/alerts/budget-rules.ts";
import { loadAlertSettings } from "../collector/alerts/settings.ts";
import { type Beat, REST_MS } from "../collector/beat.ts";
import type { Bus } from "../collector/bus.ts";
import { createComplaints } from "../collector/complaints.ts";
import { createPacedWork } from "../collector/paced-work.ts";
import { STOP_FILE, STOP_TOUCH_MS, type Stop } from "../hooks/stop.ts";
import type { AlertSettings, Budget } from "../schema/alerts.ts";
import { messageOf } from "../schema/errors.ts";
import { vendorNamed } from "../schema/vendors.ts";
import { type SpendQueries, spendQueries } from "../store/queries/spend.ts";
import { keptFile } from "./kept-file.ts";
import { createLoopGuard } from "./loop-guard.ts";

/** Delay until lifting a stop takes effect. */
const CONFIG_MS = 1_000;
const MOST_STOPS = 1_000;

type Parts = {
  reader: Database;
  bus: Bus;
  beat: Beat;
  data_dir: string;
  time_zone: string;
  log: (line: string) => void;
  now?: () => number;
};
type Clock = { now: number; time_zone: string };

/** Every used-up budget with a hard stop. A dry run stops no session. */
function stopsOf(settings: AlertSettings, spend: SpendQueries, clock: Clock): Stop[] {
  if (!settings.enabled || settings.dry_run) return [];
  const stopping = settings.budgets.filter((b) => b.hard_stop);
  return stopping.flatMap((b) => ofBudget(b, spend, clock)).slice(0, MOST_STOPS);
}

function ofBudget(budget: Budget, spend: SpendQueries, clock: Clock): Stop[] {
  const { scope, limit_usd } = budget;
  const isEndless = scope === "session" || scope === "project";
  const until_unix_ms = isEndless ? null : periodOf(scope, clock).range.until_unix_ms;
  return budgetSpends(budget, spend, clock)
    .filter((s) => s.cost_nano_usd >= limitNano(budget) && canDeny(s.session_key))
    .map(({ of, cost_nano_usd, session_key }) => ({
      scope,
      of,
      limit_usd,
      spent_usd: cost_nano_usd / 1e9,
      until_unix_ms,
      session_id: session_key?.slice(session_key.indexOf(":") + 1) ?? null,
      // Session budgets apply to every project.
      project: scope === "session" ? null : (budget.project ?? null),
    }));
}

/**
 * Maintains the files that the hook of `install --hard-stop` reads; they exist only while there is a stop or a loop.
 * config.json is re-read when it changes, since lifting a stop must not need a restart. If anything fails the file
 * expires, and the hook allows every call.
 */
export function startHardStop(parts: Parts): () => void {
  const { reader, bus, beat, data_dir, time_zone, log, now = Date.now } = parts;
  const config = join(data_dir, "config.json");
  const settings = watchedSettings(config, log);
  const file = keptFile(join(data_dir, STOP_FILE), STOP_TOUCH_MS);
  const spend = spendQueries(reader);
  const loops = createLoopGuard({ reader, data_dir, config, settings: settings.now, log, now });
  const complaints = createComplaints(log);
  let evaluated = 0;

  const evaluation = createPacedWork(() => {
    try {
      const wish = settings.now();
      const stops = wish ? stopsOf(wish, spend, { now: now(), time_zone }) : [];
      const change = file.update(stops.length > 0 ? { stops, config } : undefined, now());
      if (change)
        log(change === "written" ? `hard stop: ${stops.map(toLine).join(", ")}` : "hard stop lifted");
    } catch (error) {
      file.forget();
      complaints.report(`the hard stop cannot be written: ${messageOf(error)}`);
    }
    evaluated = now();
  });
  function tick(): void {
    if (settings.isNew() || Math.abs(now() - evaluated) >= STOP_TOUCH_MS) evaluation.now();
    loops.check();
  }

  tick();
  const unsubscribe = bus.subscribe("committed", () => {
    // The next call of a loop comes within seconds.
    loops.check();
    evaluation.soon();
  });
  const end = beat.every({ every_ms: CONFIG_MS, rest_ms: REST_MS, run: tick });
  return () => {
    end();
    evaluation.stop();
    unsubscribe();
    try {
      file.remove();
      loops.remove();
    } catch (error) {
      // A folder under its name: no hook reads it.
      log(`the hard stop cannot be written: ${messageOf(error)}`);
    }
  };
}

function canDeny(session_key: string | null | undefined): boolean {
  const source = session_key?.slice(0, session_key.indexOf(":"));
  return source === undefined || vendorNamed(source)?.hooks_can_deny !== false;
}

/** Invalid settings enable nothing. */
function watchedSettings(path: string, log: Parts["log"]) {
  let settings: AlertSettings | undefined;
  let of = "";
  return {
    now: () => settings,
    /** Whether the file changed; it is read then. */
    isNew(): boolean {
      const stamp = stampOf(path);
      if (stamp === of) return false;
      of = stamp;
      try {
        settings = loadAlertSettings(path);
      } catch (error) {
        settings = undefined;
        log(`nothing is stopped: ${messageOf(error)}`);
      }
      return true;
    },
  };
}

const toLine = ({ limit_usd, of }: Stop) => `$${limit_usd.toFixed(2)} spent ${of}`;

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? [stat.ino, stat.size, stat.mtimeMs].join() : "none";
}
