import { useEffect, useState } from "preact/hooks";
import type { Session } from "../../../schema/api-shapes.ts";
import { waitText } from "../activity-labels.ts";
import { clock, exact, money, plural } from "../format.ts";
import { sessionHref } from "../route.ts";
import { activityOf } from "../session/activity.ts";
import { plain, titleOf } from "../session-title.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";
import { Copy, resumeCommand } from "./resume.tsx";

const WIDE = matchMedia("(min-width: 1300px)");
/** A pointer that moves across the list does not select a row. */
const REST_MS = 150;

/** Preview of the row under the pointer or the focus, on wide screens. */
export function Preview({ session }: { session: Session | undefined }) {
  const [isWide, setWide] = useState(WIDE.matches);
  const [shown, show] = useState(session);
  useEffect(() => {
    const update = () => setWide(WIDE.matches);
    WIDE.addEventListener("change", update);
    return () => WIDE.removeEventListener("change", update);
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => show(session), shown ? REST_MS : 0);
    return () => clearTimeout(timer);
  }, [session?.session_key]);
  if (!isWide) return null;
  return (
    <aside class="card preview" aria-label="Preview">
      {shown ? <Body key={shown.session_key} session={shown} /> : <p class="muted">No session selected.</p>}
    </aside>
  );
}

function Body({ session }: { session: Session }) {
  const { data } = useResource("GET /api/sessions/:id/outline", { params: { id: session.session_key } });
  const activity = activityOf(session);
  const blocks = (data?.blocks ?? []).filter((b) => b.prompt !== null);
  return (
    <>
      <h2>
        <bdi dir="auto">{titleOf(session)}</bdi>
      </h2>
      {activity.state === "waiting" && <p class="warn">{waitText(activity)}</p>}
      <p class="preview-links">
        <a class="link" href={sessionHref(session.session_key)}>
          Open
        </a>
        <a class="link" href={`${sessionHref(session.session_key)}?tab=transcript`}>
          Transcript
        </a>
        <Copy text={resumeCommand(session)} label="Copy the resume command" />
      </p>
      <p class="muted">
        {plural(session.totals.requests, "request")} · {plural(session.tool_calls, "tool call")},{" "}
        {exact(session.failed_tool_calls)} failed
        {session.denied_tool_calls > 0 && `, ${exact(session.denied_tool_calls)} denied`} ·{" "}
        {plural(session.agents, "agent")}
      </p>
      <h3>{plural(session.turns, "prompt")}</h3>
      <ol class="preview-prompts">
        {blocks.slice(-6).map((block) => (
          <li key={block.index}>
            <time>{clock(block.started_unix_ms, zone.value)}</time>
            <bdi class="clip" dir="auto">
              {plain(block.prompt ?? "")}
            </bdi>
            <span>{money(block.cost_nano_usd)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
