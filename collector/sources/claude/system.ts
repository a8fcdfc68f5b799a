import { isTokenCount, toDurationMs } from "../../../schema/gate.ts";
import { cutText } from "../../../schema/text.ts";
import type { Context } from "./context.ts";
import { pushEvent } from "./event.ts";
import { ignore } from "./ignored.ts";
import { idOf, type TranscriptLine, textOf } from "./lines.ts";

/** `system` lines that no hook reports: API retries and results of compactions. */
export function systemLine(context: Context, line: TranscriptLine): void {
  if (line.subtype === "api_error") {
    const error = (line.error ?? {}) as Record<string, unknown>;
    pushEvent(context, line, "api_error", {
      message: cutText(textOf(error.formatted || error.message), 500),
      ...(typeof error.status === "number" && { status: error.status }),
      ...(typeof line.retryAttempt === "number" && { retry_attempt: line.retryAttempt }),
      ...(typeof line.retryInMs === "number" && { retry_in_ms: Math.round(line.retryInMs) }),
    });
    return;
  }
  if (line.subtype === "compact_boundary") {
    const meta = (line.compactMetadata ?? {}) as Record<string, unknown>;
    const duration_ms = toDurationMs(meta.durationMs);
    pushEvent(context, line, "compaction_completed", {
      trigger: idOf(meta.trigger),
      ...(isTokenCount(meta.preTokens) && { context_tokens_before: meta.preTokens }),
      ...(isTokenCount(meta.postTokens) && { context_tokens_after: meta.postTokens }),
      ...(duration_ms !== undefined && { duration_ms }),
    });
    return;
  }
  ignore(context.into, `system/${textOf(line.subtype)}`);
}
