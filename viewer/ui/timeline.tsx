import type { SessionDetail, TimelineItem } from "../../schema/api-shapes.ts";
import { describeEvent, shortModel } from "../event-labels.ts";
import { clock, dayAndTime, duration, exact, exactMoney, money, tokens } from "./format.ts";
import { nest } from "./nest.ts";
import { Empty, Skeleton } from "./notice.tsx";
import { loading, loadMore, next_cursor, pages } from "./session.ts";
import { zone } from "./status.ts";

type Item<K extends TimelineItem["kind"]> = Extract<TimelineItem, { kind: K }>;

export function Timeline({ session }: { session: SessionDetail }) {
  const depths = new Map(session.agent_list.map((agent) => [agent.agent_id, Math.max(1, agent.depth ?? 1)]));
  const items = nest(
    pages.value.flatMap((page) => page.items),
    next_cursor.value === null,
  );
  return (
    <section class="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      {items.length === 0 && loading.value && <Skeleton lines={10} />}
      {items.length === 0 && !loading.value && (
        <Empty title="Nothing recorded">
          <p>
            Only the session's file is known so far. Hooks add tool calls and prompts:{" "}
            <code>hall-monitor install</code>
          </p>
        </Empty>
      )}
      <ol>
        {items.map((item) => (
          <Row key={keyOf(item)} item={item} depth={depthOf(item, depths)} session={session} />
        ))}
      </ol>
      {next_cursor.value !== null && (
        <button type="button" class="more" disabled={loading.value} onClick={loadMore}>
          {loading.value ? "Loading" : "Load more"}
        </button>
      )}
    </section>
  );
}

/** An agent's own row stands where it was started, its work one step further in. */
function depthOf(item: TimelineItem, depths: Map<string, number>): number {
  if (!item.agent_id) return 0;
  const depth = Math.min(4, depths.get(item.agent_id) ?? 1);
  return item.kind === "agent" ? depth - 1 : depth;
}

function keyOf(item: TimelineItem): string {
  if (item.kind === "request" || item.kind === "event") return `${item.kind}:${item.seq}`;
  if (item.kind === "tool") return `tool:${item.tool_key}`;
  return `${item.kind}:${item.agent_id}:${item.prompt_id}:${item.time_unix_ms}`;
}

function Row({ item, depth, session }: { item: TimelineItem; depth: number; session: SessionDetail }) {
  const { tone, body, figures } = show(item, session);
  return (
    <li class={`item is-${item.kind} tone-${tone} depth-${depth}`}>
      <time title={dayAndTime(item.time_unix_ms, zone.value)}>
        {clock(item.time_unix_ms, zone.value) || "\u00a0"}
      </time>
      <div class="item-body">{body}</div>
      <div class="item-figures">{figures}</div>
    </li>
  );
}

type Shown = { tone: string; body: preact.ComponentChildren; figures: preact.ComponentChildren };

function show(item: TimelineItem, session: SessionDetail): Shown {
  switch (item.kind) {
    case "turn":
      return {
        tone: "plain",
        body: <blockquote>{item.prompt || "A turn without text"}</blockquote>,
        figures: <Time ms={item.duration_ms} />,
      };
    case "request":
      return showRequest(item);
    case "tool":
      return showTool(item);
    case "agent":
      return showAgent(item, session);
    case "event":
      return showEvent(item);
  }
}

function Time({ ms }: { ms: number | null }) {
  // An empty box would pull the figure beside it off the line.
  return ms === null ? null : <span title={`${exact(ms)} ms`}>{duration(ms)}</span>;
}

function showRequest({ model, tokens: used, cost_nano_usd, flags }: Item<"request">): Shown {
  const cached = used.cache_read_input_tokens;
  const title = `${exact(used.uncached_input_tokens)} new, ${exact(cached)} from cache, ${exact(
    used.cache_creation_5m_input_tokens + used.cache_creation_1h_input_tokens,
  )} into cache, ${exact(used.output_tokens)} out`;
  return {
    tone: "money",
    body: (
      <p title={flags.join(", ")}>
        {shortModel(model) || "unknown model"}
        <span class="muted" title={title}>
          {tokens(used.input_tokens)} in{cached > 0 && ` (${tokens(cached)} cached)`} ·{" "}
          {tokens(used.output_tokens)} out
        </span>
      </p>
    ),
    figures: <span title={exactMoney(cost_nano_usd)}>{money(cost_nano_usd)}</span>,
  };
}

const TOOL_TONES: Record<Item<"tool">["outcome"], string> = {
  running: "wait",
  completed: "good",
  failed: "bad",
  rejected: "bad",
  interrupted: "wait",
  unknown: "quiet",
};

function showTool(item: Item<"tool">): Shown {
  const isFine = item.outcome === "completed";
  return {
    tone: TOOL_TONES[item.outcome],
    body: (
      <>
        <p>
          <b>{item.tool_name ?? "tool"}</b>
          {!isFine && <em>{item.outcome}</em>}
          <span class="mono clip" title={item.summary ?? ""}>
            {item.summary}
          </span>
        </p>
        {item.error && <p class="error">{item.error.trim()}</p>}
      </>
    ),
    figures: <Time ms={item.duration_ms} />,
  };
}

function showAgent(item: Item<"agent">, session: SessionDetail): Shown {
  const totals = session.agent_list.find((agent) => agent.agent_id === item.agent_id)?.totals;
  return {
    tone: "plain",
    body: (
      <p>
        <b>{item.agent_type || "agent"}</b>
        <em>agent</em>
        <span class="muted">{item.description}</span>
      </p>
    ),
    figures: (
      <>
        <Time ms={item.duration_ms} />
        {totals && <span title={exactMoney(totals.cost_nano_usd)}>{money(totals.cost_nano_usd)}</span>}
      </>
    ),
  };
}

function showEvent(item: Item<"event">): Shown {
  const { tone, verb, detail } = describeEvent(item);
  return {
    tone,
    body: (
      <p>
        <b>{verb}</b>
        <span class="muted">{detail}</span>
      </p>
    ),
    figures: null,
  };
}
