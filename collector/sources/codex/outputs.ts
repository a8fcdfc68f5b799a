import { toDurationMs } from "../../../schema/gate.ts";
import type { ToolOutcome } from "../../../schema/row-values.ts";
import { cutText } from "../../../schema/text.ts";
import { finite, list, object, text } from "./json.ts";

export type Output = { outcome: ToolOutcome; duration_ms?: number; error?: string };

const HEAD_CHARS = 400;
const ERROR_CHARS = 500;

/** Outcome and duration as the client wrote them above the tool's output. */
export function readOutput(output: unknown): Output {
  const parts = list(output);
  const first = parts.length > 0 ? text(object(parts[0])?.text) : "";
  const printout = first || text(output) || text(object(output)?.content);
  const old = printout.startsWith('{"output"') ? metadataOf(printout) : undefined;
  if (old) return old;
  const head = printout.slice(0, HEAD_CHARS);
  const preamble = head.split("Output:\n", 1)[0] ?? "";
  const exit = /(?:Process exited with code|Exit code:) (-?\d+)/.exec(preamble)?.[1];
  const seconds = /Wall time:? ([\d.]+) seconds?/.exec(preamble)?.[1];
  const result: Output = { outcome: outcomeOf(preamble, exit, object(output)?.success) };
  putDuration(result, seconds);
  if (result.outcome === "failed") result.error = cutText(errorOf(printout, exit), ERROR_CHARS);
  return result;
}

function errorOf(printout: string, exit: string | undefined): string {
  if (exit === undefined) return printout;
  const printed = printout
    .slice(0, HEAD_CHARS + ERROR_CHARS)
    .split("Output:\n")
    .slice(1)
    .join("Output:\n")
    .trim();
  return printed === "" ? `exit code ${exit}` : `exit code ${exit}: ${printed}`;
}

function outcomeOf(preamble: string, exit: string | undefined, success: unknown): ToolOutcome {
  if (/(?:^|\n)aborted by user/.test(preamble)) return "interrupted";
  if (
    /^(?:exec_command failed|patch) ?[^\n]*rejected by user/.test(preamble) ||
    preamble.startsWith("rejected by user")
  )
    return "rejected";
  if (exit !== undefined) return Number(exit) === 0 ? "completed" : "failed";
  if (
    success === false ||
    /^(?:failed to parse|unsupported call|exec_command failed|apply_patch verification failed|Script failed)/.test(
      preamble,
    )
  )
    return "failed";
  return "completed";
}

function putDuration(result: Output, seconds: string | undefined): void {
  const duration_ms = seconds === undefined ? undefined : toDurationMs(Number(seconds) * 1000);
  // 0.171 prints 0.0000 seconds above every quick command, which is not a measured value.
  if (duration_ms) result.duration_ms = duration_ms;
}

/** `{"output": …, "metadata": {"exit_code", "duration_seconds"}}` as a string: clients before 0.50. */
function metadataOf(printout: string): Output | undefined {
  const exit = finite(Number(/"exit_code":(-?\d+)/.exec(printout.slice(-200))?.[1] ?? Number.NaN));
  if (exit === undefined) return undefined;
  const seconds = /"duration_seconds":([\d.]+)/.exec(printout.slice(-200))?.[1];
  const result: Output = { outcome: exit === 0 ? "completed" : "failed" };
  putDuration(result, seconds);
  if (exit !== 0) result.error = `exit code ${exit}`;
  return result;
}
