import * as z from "zod";
import { AppError } from "../../schema/errors.ts";
import { EVENT_TYPE_NAMES, type EventType, STREAM_NAMES } from "../../schema/event-catalogue.ts";
import { suggest } from "../../schema/suggest.ts";
import { describeEvent } from "../../viewer/event-labels.ts";
import { createAway } from "../away.ts";
import { type Command, flag, JSON_OPTION, text, type Values } from "../command.ts";
import {
  callRoute,
  type DaemonFile,
  findDaemon,
  openRoute,
  requireDaemon,
  textOf,
  toError,
} from "../daemon-client.ts";
import { moment, RANGE_OPTIONS } from "../moment.ts";
import { complain, out, paint, toPlain, toSafeJson } from "../print.ts";
import { messages } from "../server-sent.ts";

const AGAIN_MS = 1000;

export const tail: Command = {
  options: {
    session: { type: "string", value: "ID", what: "only this session" },
    type: { type: "string", value: "TYPE,…", what: "only these event types" },
    since: {
      ...RANGE_OPTIONS.since,
      what: "start with stored events since this time: 10m, 2026-11-20T18:00, …",
    },
    limit: { type: "string", value: "N", what: "exit after N events" },
    json: { ...JSON_OPTION, what: "one JSON object per line" },
  },
  more: "Continues where it left off when the daemon restarts. Ctrl-C exits.",
  async run({ values, config }) {
    const { data_dir, time_zone } = config();
    const filter = toFilter(values);
    const since = moment(values, "since", time_zone, Date.now());
    const show = printer(flag(values, "json"), time_zone, toLimit(values));
    const daemon = await requireDaemon(data_dir);
    const last = since === undefined ? undefined : await replay(daemon, filter, since, show);
    return last === "enough" ? 0 : follow(data_dir, filter, last, show);
  },
};

type Filter = { session_id?: string; event_type?: string };
/** Prints one event; true if it was the last requested one. */
type Show = (event: unknown) => boolean;

function toFilter(values: Values): Filter {
  const session = text(values, "session");
  const types = text(values, "type");
  for (const type of types?.split(",") ?? [])
    if (!(EVENT_TYPE_NAMES as string[]).includes(type)) {
      const meant = suggest(type, EVENT_TYPE_NAMES);
      throw new AppError("usage", `unknown event type "${type}"`, {
        hint: meant ? `did you mean ${meant}?` : `one of: ${EVENT_TYPE_NAMES.join(", ")}`,
      });
    }
  return {
    ...(session !== undefined && { session_id: session }),
    ...(types !== undefined && { event_type: types }),
  };
}

function toLimit(values: Values): number {
  const written = text(values, "limit");
  if (written === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(written)) return Number(written);
  throw new AppError("usage", `--limit=${written} is not a whole number above 0`);
}

/** Everything stored since a moment; returns the sequence number from which to continue. */
async function replay(
  daemon: DaemonFile,
  filter: Filter,
  since: number,
  show: Show,
): Promise<number | "enough"> {
  let last = 0;
  const { event_type, ...rest } = filter;
  const body = {
    format: "ndjson",
    ...rest,
    start_time: since,
    ...(event_type && { event_type: event_type.split(",") as EventType[] }),
  } as const;
  const before = await callRoute(daemon, "GET /api/status");
  const key = "POST /api/metrics/export";
  const answer = await openRoute(daemon, key, { body });
  if (answer.statusCode !== 200) throw await toError(JSON.parse(await textOf(answer)), key);
  let rest_of_line = "";
  const decoder = new TextDecoder();
  for await (const chunk of answer) {
    const parts = (rest_of_line + decoder.decode(chunk as Buffer, { stream: true })).split("\n");
    rest_of_line = parts.pop() ?? "";
    for (const line of parts) {
      if (line === "") continue;
      const event = Line.parse(JSON.parse(line));
      last = Math.max(last, event.seq);
      if (show(event)) return "enough";
    }
  }
  return Math.max(last, before.data.last_seq);
}

async function follow(
  dataDir: string,
  filter: Filter,
  from: number | undefined,
  show: Show,
): Promise<number> {
  let last = from === undefined ? undefined : String(from);
  const away = createAway();
  for (;;) {
    const daemon = await findDaemon(dataDir);
    if (!daemon) away.lost();
    try {
      if (daemon) {
        const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": last };
        const answer = await openRoute(daemon, "GET /events", { query: filter }, { headers });
        if (answer.statusCode !== 200) throw await toError(JSON.parse(await textOf(answer)), "GET /events");
        away.back();
        for await (const { event, id, data } of messages(answer)) {
          if (event === "reset") complain("the database was replaced; continuing from here");
          if (id !== undefined) last = id;
          if (STREAM_NAMES.has(event) && show(JSON.parse(data))) return 0;
        }
      }
    } catch (error) {
      // An interrupted stream means that the daemon ended; it may restart.
      if (error instanceof AppError) throw error;
    }
    await Bun.sleep(AGAIN_MS);
  }
}

const Line = z.looseObject({
  seq: z.int(),
  event_type: z.string(),
  time_unix_ms: z.int(),
  session_id: z.string(),
  tool_name: z.string().optional(),
  data: z.record(z.string(), z.unknown()).default({}),
});

function printer(json: boolean, zone: string, limit: number): Show {
  let shown = 0;
  return (event) => {
    out(json ? toSafeJson(event) : toLine(Line.parse(event), zone));
    return ++shown >= limit;
  };
}

function toLine(e: z.infer<typeof Line>, zone: string): string {
  const time = Temporal.Instant.fromEpochMilliseconds(e.time_unix_ms).toZonedDateTimeISO(zone).toPlainTime();
  const data = plain(e.data) as typeof e.data;
  const parts = [
    paint("dim", time.toString({ smallestUnit: "second" })),
    toPlain(e.session_id).slice(0, 8).padEnd(8),
    paint("bold", e.event_type.padEnd(20)),
    toPlain(describeEvent({ ...e, data, event_type: e.event_type as EventType }).detail).slice(0, 120),
  ];
  return parts.join("  ").trimEnd();
}

/**
 * Escape sequences are removed as a whole first; a label would only remove their first character and leave the rest as
 * text.
 */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner) =>
    typeof inner === "string" ? toPlain(inner) : inner,
  );
}
