import type { Session } from "../../../schema/api-shapes.ts";
import { opensAtEnd } from "../../first-requests.ts";
import { seconds } from "../clock.ts";
import { duration } from "../format.ts";
import { activityOf } from "./activity.ts";

/** From start to last sign of life; a live session lasts until now, wherever it is shown. */
export function Lasted({ session }: { session: Session }) {
  const { started_unix_ms: from, last_unix_ms: last } = session;
  if (from === null || last === null) return <>–</>;
  const until = opensAtEnd(activityOf(session)) ? Math.max(last, seconds.value) : last;
  return <>{duration(until - from) || "–"}</>;
}
