import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Session } from "../../../schema/api-shapes.ts";
import { agents, agentsOf } from "../agents.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { behind } from "../route.ts";
import { linkTo } from "../shell/rail.tsx";
import { AgentRow } from "./agent-row.tsx";

const RANK: Partial<Record<Session["activity"]["state"], number>> = {
  waiting: 0,
  working: 1,
  unknown: 2,
  done: 3,
};
/** Up to this many have two lines each; more have one. */
const ROOMY = 4;
/** Number of one-line rows that fit on a screen of 900 pixels, and the height of each. */
const [FEW, FEW_PX, ROW_PX] = [7, 900, 26];
const roomFor = () => FEW + Math.max(0, Math.floor((innerHeight - FEW_PX) / ROW_PX));

/** Sessions that have or may have ended: latest first. */
const OVER: Session["activity"]["state"][] = ["done", "unknown"];
/** Longest wait first, then working sessions, then the latest silent or done ones. */
function inOrder(sessions: Session[]): Session[] {
  const since = (s: Session) => s.activity.since_unix_ms ?? 0;
  const rank = (s: Session) => RANK[s.activity.state] ?? 4;
  return sessions.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (OVER.includes(a.activity.state) ? since(b) - since(a) : since(a) - since(b)) ||
      (a.session_key < b.session_key ? -1 : 1),
  );
}

/** While the pointer or the focus is in the table, rows are updated in place. */
function useOrder(sessions: Session[], isHeld: boolean): Session[] {
  const order = useRef<string[]>([]);
  const sorted = inOrder(sessions);
  if (!isHeld) order.current = sorted.map((s) => s.session_key);
  else for (const s of sorted) if (!order.current.includes(s.session_key)) order.current.push(s.session_key);
  const byKey = new Map(sorted.map((s) => [s.session_key, s]));
  return order.current.map((key) => byKey.get(key)).filter((s) => s !== undefined);
}

export function AgentsTable() {
  const isPointed = useSignal(false);
  const isFocused = useSignal(false);
  const showsAll = useSignal(false);
  const { data, fault } = agents.value;
  const all = useOrder(agentsOf(behind.value.query.source), isPointed.value || isFocused.value);
  // Waiting sessions come first, so one behind "more" is never ranked above a shown one.
  const few = roomFor();
  const rows = showsAll.value ? all : all.slice(0, few);
  return (
    <section class="card agents" aria-labelledby="agents-title">
      <h2 id="agents-title">
        Agents now
        <span class="head-links">
          {all.length > few && (
            <button
              type="button"
              class="link"
              aria-expanded={showsAll.value}
              onClick={() => {
                showsAll.value = !showsAll.value;
              }}
            >
              {showsAll.value ? "fewer" : `${all.length - few} more`}
            </button>
          )}
          <a href={linkTo("sessions")}>all sessions →</a>
        </span>
      </h2>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={3} />}
      {data && all.length === 0 && <p class="muted">No agent is working, and none finished recently.</p>}
      <ul
        class={rows.length > ROOMY ? "agent-rows is-dense" : "agent-rows"}
        onPointerEnter={() => {
          isPointed.value = true;
        }}
        onPointerLeave={() => {
          isPointed.value = false;
        }}
        onFocusCapture={() => {
          isFocused.value = true;
        }}
        onBlurCapture={() => {
          isFocused.value = false;
        }}
      >
        {rows.map((session) => (
          <AgentRow key={session.session_key} session={session} />
        ))}
      </ul>
    </section>
  );
}
