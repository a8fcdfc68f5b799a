import * as z from "zod";
import type { MetricEvent } from "../../schema/event.ts";
import type { HookAgent } from "../../schema/names.ts";
import type { RejectReason } from "../../schema/row-values.ts";
import type { FileBatch } from "../../store/batch.ts";
import { type Meaning, mappingOf } from "./mapping.ts";
import type { HookPayload, SentFields } from "./payload.ts";

export type Observations = Pick<FileBatch, "sessions" | "tool_calls" | "agents" | "turns" | "requests">;
export type HookFacts = { event: MetricEvent; observations: Observations };
export type ParsedHook = ({ ok: true } & HookFacts) | { ok: false; reason: RejectReason; detail: string };
/** Identity, time and agent as the hook process stamped them; payloads carry none of these. */
export type HookEnvelope = { event_id: string; time_unix_ms: number; agent: HookAgent };

export type VendorHooks = {
  /**
   * Pattern of transcript paths that belong only to this agent, whichever hooks it runs; null if the path does not show
   * it.
   */
  transcript: RegExp | null;
  /** Never throws; the payload's own fields are kept, bounded, in the event's `data`. */
  parse(payload: unknown, envelope: HookEnvelope): ParsedHook;
};

type Declaration<Payload extends HookPayload> = {
  transcript: RegExp | null;
  payload: { known: z.ZodType<Payload>; unknown: z.ZodType<Payload> };
  read(hook: Payload, sent: SentFields, meaning: Meaning, envelope: HookEnvelope): HookFacts;
};

/** The hooks of an agent: event and observations are built from one parsed value, the payload's declared fields. */
export function defineHooks<Payload extends HookPayload>({
  transcript,
  payload: schemas,
  read,
}: Declaration<Payload>): VendorHooks {
  return {
    transcript,
    parse(payload, envelope) {
      const mapping = mappingOf((payload as Partial<HookPayload> | null | undefined)?.hook_event_name);
      const parsed = (mapping ? schemas.known : schemas.unknown).safeParse(payload);
      if (!parsed.success)
        return { ok: false, reason: "unknown_shape", detail: z.prettifyError(parsed.error).slice(0, 200) };
      const hook = parsed.data;
      const meaning = mapping?.(hook) ?? { event_type: "hook_other" };
      return { ok: true, ...read(hook, Object.entries(payload as object), meaning, envelope) };
    },
  };
}
