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

/** A file of the page; `br`: the body as it was compressed ahead of the start. */
export type Asset = { body: Uint8Array | string; type: string; br?: Buffer };

export type ViewerDeps = {
  /** A read-only connection. */
  reader: Database;
  /** Explains the cost of requests; absent = the bundled prices. */
  book?: PriceBook;
  /** Cached results of sessions; absent = each response reads its requests. */
  judged?: Judged;
  config: Pick<Config, "time_zone" | "sse_max">;
  bus: { subscribe: Bus["subscribe"] };
  status(): DaemonStatus;
  reindex(sources: SourceName[]): Promise<{ files: number }>;
  shutdown(): void;
  /** Token for routes that stop the daemon; empty = always refused. */
  token: string;
  /** Access control; `in_process` if the app is on no socket, so that nothing else can connect. */
  access: Access | "in_process";
  /** Ports that a Host header may name. */
  ports(): number[];
  /** "/" and the files it loads; no file is ever read from disk for a request. */
  assets: Map<string, Asset>;
  /** Polled limit sources and their state; absent without a sampler. */
  limits?: {
    health(): SourceHealth[];
    /** The newest reading of each account and limit. */
    credits?(): CreditReading[];
    /** Called at the end of every poll. */
    onProbe?(listener: (note: ProbeNote) => void): void;
  };
  /** Activity of sessions; absent = from stored rows only. */
  activity?: ActivityView;
  /** Absent if nothing is evaluated. */
  alerts?: { is_dry_run: boolean; budgets: Budget[]; deliveries(): Delivery[] };
  /** Measures the recording; absent without a daemon. */
  capture?: {
    view(): Capture;
    switchStream(to: { enabled?: boolean | undefined; reset?: boolean | undefined }): void;
  };
  /** The recorder's own metrics; absent without a daemon. */
  health?: {
    hookDelay(): HookDelay;
    storage(): Storage;
    settings(): EffectiveSettings;
    /** Runs the hook, unless it ran recently. */
    hooks(): Promise<HookHealth>;
  };
  /** Absent without a receiver. */
  otlp?: OtlpDeps;
  /** Unread records of hooks. */
  spoolBacklog?(): { files: number; bytes: number };
  /** For tests: how often a quiet stream sends a heartbeat, and when a stuck one is given up. */
  heartbeat_ms?: number;
  stall_ms?: number;
  now?(): number;
};

/** Bun passes the server as the environment; a test that calls the app directly has none. */
export type Env = { Bindings: Partial<Pick<Server<undefined>, "timeout" | "requestIP" | "port">> };
export type Ctx = Context<Env>;
