import * as z from "zod";
import { Uncertain } from "./api-coverage.ts";
import { SOURCES } from "./events.ts";
import { REJECT_REASONS } from "./row-values.ts";
import { SETTING_ORIGINS } from "./settings.ts";

const count = z.int().nonnegative();
const time = z.int().nullable();
const milliseconds = z.number().nonnegative().nullable();

export const Reject = z.object({
  source: z.enum(SOURCES),
  path: z.string(),
  line: z.int().positive().nullable().describe("from 1; null = the file is gone, compressed, or another one"),
  offset: count.describe("byte of the file at which the line begins"),
  length_bytes: count,
  reason: z.enum(REJECT_REASONS),
  detail: z.string(),
  time_unix_ms: z.int().describe("when the line was read"),
});
export type Reject = z.infer<typeof Reject>;

const HookDelay = z.object({
  events: count.describe("hook events since the daemon started, at most the latest 1000"),
  p50_ms: milliseconds,
  p99_ms: milliseconds,
});
export type HookDelay = z.infer<typeof HookDelay>;

const Segment = z.object({ day: z.string(), bytes: count, is_sealed: z.boolean() });

export const Storage = z.object({
  database_bytes: count,
  wal_bytes: count.describe("SQLite's write-ahead log"),
  archive: z.object({
    segments: count.describe("files, one for each day and form"),
    bytes: count,
    first_day: z.string().nullable(),
    last_day: z.string().nullable(),
    sealed_days: count.describe("compressed, with a SHA-256 of the whole day"),
    last_checksum: z
      .object({ day: z.string(), sha256: z.string(), sealed_unix_ms: z.int() })
      .nullable()
      .describe("of the last sealed day; null = none"),
    newest: z.array(Segment).describe("newest first, at most 7"),
  }),
  spool: z.object({ files: count, bytes: count }).describe("unread hook records"),
  memory_bytes: count.describe("resident memory of the daemon"),
});
export type Storage = z.infer<typeof Storage>;

const SourceFiles = z.object({
  source: z.enum(SOURCES),
  files: count,
  bytes: count,
  unread_bytes: count.describe("written and not read yet; a line without its end counts, too"),
  changed_unix_ms: time.describe("when the newest of them changed"),
  rejects: count.describe("lines and figures that could not be used"),
});
export type SourceFiles = z.infer<typeof SourceFiles>;

export const Health = z.object({
  sources: z.array(SourceFiles).describe("the files of each source, as they were read last"),
  uncertain: Uncertain.describe("of all requests that are stored"),
  rejects: z.array(z.object({ source: z.enum(SOURCES), reason: z.enum(REJECT_REASONS), lines: count })),
  recovered_records: count.describe("whole records recovered from damaged lines"),
  reduced_lines: count.describe("lines of more than 16 MiB: exact figures, shortened texts"),
  unknown_lines: z
    .array(z.object({ source: z.string(), kind: z.string(), lines: count }))
    .describe("lines of types unknown to this version"),
  prices: z.object({
    edition: z.string(),
    checked_on: z.string().nullable(),
    unpriced: z
      .array(z.object({ model: z.string(), requests: count, tokens: count, note: z.string().nullable() }))
      .describe("models without a known price, most tokens first"),
    outdated: z
      .array(z.object({ model: z.string(), until: z.string(), checked_on: z.string().nullable() }))
      .describe("models in use with a price past its confirmed date"),
  }),
  hook_delay: HookDelay.nullable().describe("from the hook's own clock until its event is stored"),
  last_hook_unix_ms: time,
  hook_gaps: z
    .object({ sessions: count, incomplete: count, missing: count })
    .describe("transcripts against hooks, last seven days"),
  storage: Storage.nullable().describe("null without a daemon"),
});
export type Health = z.infer<typeof Health>;

/** Duration of one hook run: the installed command, run by the daemon with a separate folder. */
export const HookHealth = z.object({
  installed: z.enum(["plugin", "settings", "none"]),
  events: count.describe("hook events listed in the settings; 0 for a plugin, which lists its own"),
  measured_unix_ms: z.int(),
  runs: count,
  failed_runs: count.describe("with an exit code other than 0, or with output"),
  p50_ms: milliseconds,
  p99_ms: milliseconds,
  max_ms: milliseconds,
});
export type HookHealth = z.infer<typeof HookHealth>;

const SettingFault = z.object({
  where: z.string().describe("a variable, or the path of config.json with line and column"),
  detail: z.string(),
  hint: z.string().nullable(),
});
export type SettingFault = z.infer<typeof SettingFault>;

export const EffectiveSettings = z.object({
  config_path: z.string(),
  config_exists: z.boolean(),
  settings: z.array(
    z.object({
      name: z.string(),
      value: z
        .union([z.string(), z.number(), z.boolean()])
        .nullable()
        .describe("the value in effect; null = off; secrets are hidden"),
      origin: z.enum(SETTING_ORIGINS),
      what: z.string(),
    }),
  ),
  config: z
    .array(z.object({ key: z.string(), value: z.string() }))
    .describe("values of config.json, leaf by leaf; secrets are hidden"),
  faults: z.array(SettingFault).describe("invalid values and unknown keys"),
  warnings: z
    .array(SettingFault)
    .describe("variables that look like a setting but are not one, and relative folders"),
});
export type EffectiveSettings = z.infer<typeof EffectiveSettings>;
