import type { OutlineBlock } from "../../../schema/api-outline.ts";
import type { SessionDetail, TimelineItem } from "../../../schema/api-shapes.ts";
import { pagePath } from "../../../schema/pages.ts";
import { describeEvent, plainError, shortModel } from "../../event-labels.ts";
import { clock, duration, exact, exactMoney, money, plural, tokens } from "../format.ts";
import { plain } from "../session-title.ts";
import { zone } from "../status.ts";
import { agentName } from "./agent-name.ts";

type Item<K extends TimelineItem["kind"]> = Extract<TimelineItem, { kind: K }>;
type Agent = SessionDetail["agent_list"][number];
type Props = {
  place: { top: number; index: number; measure(element: HTMLElement | null): void };
  /** Absent while it is loading; its kind and time are known before. */
  item: TimelineItem | undefined;
  kind: string;
  time: number;
  name: string;
  isAt: boolean;
  block: OutlineBlock | undefined;
  agent: Agent | undefined;
  session: SessionDetail;
};

export function ItemLine({ place, item, kind, time, name, isAt, block, agent, session }: Props) {
  const depth = agent ? Math.min(4, Math.max(1, agent.depth ?? 1)) : 0;
  const isBad = kind !== kind.toLowerCase();
  const link = pagePath("session", { key: session.session_key }, { at: name });
  return (
    <li
      class={`item kind-${kind.toLowerCase()} depth-${depth} ${isBad ? "is-failed" : ""} ${isAt ? "is-at" : ""}`}
      style={{ transform: `translateY(${place.top}px)` }}
      data-index={place.index}
      ref={place.measure}
      aria-current={isAt ? "location" : undefined}
    >
      <a class="item-time" href={link} data-row>
        <time>{clock(time || null, zone.value) || "–"}</time>
      </a>
      <div class="item-body">
        {agent && (
          <bdi class="item-agent" dir="auto">
            {agentName(agent)}
          </bdi>
        )}
        {item ? <Body item={item} session={session} /> : <span class="muted">…</span>}
        {kind === "t" && block && <BlockFacts block={block} />}
      </div>
    </li>
  );
}

function BlockFacts({ block }: { block: OutlineBlock }) {
  const { started_unix_ms: from, ended_unix_ms: until, cost_nano_usd, unpriced_requests } = block;
  return (
    <p class="block-facts">
      <span data-tip={exactMoney(cost_nano_usd)}>
        {money(cost_nano_usd)}
        {unpriced_requests > 0 && cost_nano_usd !== null && "+"}
      </span>
      {from !== null && until !== null && <span>{duration(until - from)}</span>}
      <span>{plural(block.requests, "request")}</span>
      <span>{plural(block.tool_calls, "tool call")}</span>
      {block.failed > 0 && <span class="bad">✕ {exact(block.failed)} failed</span>}
      {block.denied > 0 && <span class="bad">✕ {exact(block.denied)} denied</span>}
    </p>
  );
}

function Body({ item, session }: { item: TimelineItem; session: SessionDetail }) {
  switch (item.kind) {
    case "turn":
      return (
        <blockquote>
          <bdi dir="auto">{item.prompt ? plain(item.prompt) : "Prompt without text"}</bdi>
        </blockquote>
      );
    case "request":
      return <Request item={item} />;
    case "tool":
      return <Tool item={item} session={session} />;
    case "agent":
      return <AgentStart item={item} session={session} />;
    case "event":
      return <Event item={item} />;
  }
}

function Request({ item }: { item: Item<"request"> }) {
  const { tokens: used, cost_nano_usd } = item;
  const cached = used.cache_read_input_tokens;
  return (
    <p>
      <a class="link" href={pagePath("request", { key: String(item.seq) })}>
        <bdi>{shortModel(item.model) || "unknown model"}</bdi>
      </a>
      <span class="muted clip">
        {tokens(used.input_tokens)} in{cached > 0 && ` (${tokens(cached)} cached)`} ·{" "}
        {tokens(used.output_tokens)} out
      </span>
      <span class="item-figure" data-tip={exactMoney(cost_nano_usd)}>
        {money(cost_nano_usd)}
      </span>
    </p>
  );
}

const OUTCOMES: Record<Item<"tool">["outcome"], string> = {
  running: "▶ running",
  completed: "",
  failed: "✕ failed",
  rejected: "✕ denied",
  interrupted: "⏹ interrupted",
  unknown: "? no result",
};

function Tool({ item, session }: { item: Item<"tool">; session: SessionDetail }) {
  const words = OUTCOMES[item.outcome];
  const child = session.agent_list.find((a) => a.agent_id === item.child_agent_id);
  return (
    <>
      <p>
        <b>
          <bdi dir="auto">{item.tool_name ?? "tool"}</bdi>
        </b>
        {words && <em class={words.startsWith("✕") ? "bad" : "muted"}>{words}</em>}
        <bdi class="mono clip" dir="auto" data-tip={item.summary ?? undefined}>
          {item.summary}
        </bdi>
        <span class="item-figure">
          {item.duration_ms !== null && <span>{duration(item.duration_ms)}</span>}
          {child && <span>{money(child.totals.cost_nano_usd)}</span>}
        </span>
      </p>
      {item.error && (
        <p class="error">
          <bdi dir="auto">{plainError(item.error).slice(0, 600)}</bdi>
        </p>
      )}
    </>
  );
}

function AgentStart({ item, session }: { item: Item<"agent">; session: SessionDetail }) {
  const totals = session.agent_list.find((a) => a.agent_id === item.agent_id)?.totals;
  return (
    <p>
      <b>Agent started</b>
      <bdi class="muted clip" dir="auto">
        {item.description}
      </bdi>
      <span class="item-figure">
        {item.duration_ms !== null && <span>{duration(item.duration_ms)}</span>}
        {totals && <span>{money(totals.cost_nano_usd)}</span>}
      </span>
    </p>
  );
}

function Event({ item }: { item: Item<"event"> }) {
  const { tone, verb, detail } = describeEvent(item);
  return (
    <p>
      <b class={tone === "bad" ? "bad" : tone === "wait" ? "warn" : ""}>{verb}</b>
      <bdi class="muted clip" dir="auto">
        {detail}
      </bdi>
    </p>
  );
}
