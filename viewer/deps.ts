import type { Database } from "bun:sqlite";
import type { Server } from "bun";
import type { Context } from "hono";
import type { ActivityView } from "../collector/activity/tracker.ts";
import type { Bus } from "../collector/bus.ts";
import type { ProbeNote } from "../collector/limits/sampler.ts";
import type { Budget, Delivery } from "../schema/alerts.ts";
import type { Capture } from "../schema/api-capture.ts";
import type { EffectiveSettings, HookDelay, HookHealth, Storage } from "../schema/api-health.ts";
import type { Config } from "../schema/config.ts";
import type { SourceName } from "../schema/events.ts";
import type { CreditReading, SourceHealth } from "../schema/rate-limits.ts";
import type { DaemonStatus } from "../schema/status.ts";
import type { Judged } from "../store/judged/judged.ts";
import type { PriceBook } from "../store/price-book.ts";
import type { Access } from "./access/access.ts";
import type { OtlpDeps } from "./otlp/receive.ts";

export type Asset = { body: Uint8Array<ArrayBuffer> | string; type: string };

export type ViewerDeps = {
  /** A connection that cannot write. */
  reader: Database;
  /** Explains what requests cost; the bundled prices where absent. */
  book?: PriceBook;
  /** What is kept of sessions between answers; each answer reads its requests where absent. */
  judged?: Judged;
  config: Pick<Config, "time_zone" | "sse_max">;
  bus: { subscribe: Bus["subscribe"] };
  status(): DaemonStatus;
  reindex(sources: SourceName[]): Promise<{ files: number }>;
  shutdown(): void;
  /** Guards what stops the daemon; empty = always refused. */
  token: string;
  /** Who may ask; `in_process` where the app is on no socket, so that nothing else can. */
  access: Access | "in_process";
  /** Ports that a Host header may name. */
  ports(): number[];
  /** "/" and the files it loads; no file is ever read from disk for a request. */
  assets: Map<string, Asset>;
  /** What is asked for limits actively, and how it is doing; absent without a sampler. */
  limits?: {
    health(): SourceHealth[];
    /** The newest reading of each account and limit. */
    credits?(): CreditReading[];
    /** Calls back at the end of every question that is asked. */
    onProbe?(listener: (note: ProbeNote) => void): void;
  };
  /** What sessions do now; from stored rows alone where absent. */
  activity?: ActivityView;
  /** Absent where nothing is evaluated. */
  alerts?: { is_dry_run: boolean; budgets: Budget[]; deliveries(): Delivery[] };
  /** Measures what is recorded; absent without a daemon. */
  capture?: {
    view(): Capture;
    switchStream(to: { enabled?: boolean | undefined; reset?: boolean | undefined }): void;
  };
  /** What the recorder measures of itself; absent without a daemon. */
  health?: {
    hookDelay(): HookDelay;
    storage(): Storage;
    settings(): EffectiveSettings;
    /** Runs the hook, unless it did lately. */
    hooks(): Promise<HookHealth>;
  };
  /** Absent where nothing is received. */
  otlp?: OtlpDeps;
  /** What hooks wrote and the daemon has still to read. */
  spoolBacklog?(): { files: number; bytes: number };
  /** For tests: how often a quiet stream sends a heartbeat, and when a stuck one is given up. */
  heartbeat_ms?: number;
  stall_ms?: number;
  now?(): number;
};

/** Bun hands the server over as the environment; a test that calls the app directly has none. */
export type Env = { Bindings: Partial<Pick<Server<undefined>, "timeout" | "requestIP" | "port">> };
export type Ctx = Context<Env>;
