import type { Outline, OutlineBlock } from "../../schema/api-outline.ts";
import { OUTLINE_KINDS } from "../../schema/row-values.ts";
import { cutText } from "../../schema/text.ts";
import {
  DENIED,
  type OutlineRequest,
  type OutlineRow,
  type timelineQueries,
} from "../../store/queries/timeline.ts";
import { KINDS } from "./timeline.ts";

const MAX_POINTS = 500;
const PROMPT_CHARS = 2000;
type Parts = ReturnType<ReturnType<typeof timelineQueries>["outlineOf"]>;

/** A session's timeline in columns; one pass over its places. */
export function toOutline(
  queries: ReturnType<typeof timelineQueries>,
  pk: number,
): Omit<Outline, "session_key"> {
  const parts = queries.outlineOf(pk);
  const { places } = parts;
  const agent_ids = [""];
  const indexOf = new Map([["", 0]]);
  const agents = places.map(({ agent_id }) => {
    const known = indexOf.get(agent_id);
    if (known !== undefined) return known;
    indexOf.set(agent_id, agent_ids.length);
    return agent_ids.push(agent_id) - 1;
  });
  const tool_use_ids = new Map(parts.calls.map((c) => [c.tool_pk, c.tool_use_id]));
  return {
    times: places.map((p) => p.t),
    kinds: places.map(letter).join(""),
    ids: places.map((p) => (p.rank === 3 ? (tool_use_ids.get(Number(p.id)) ?? "") : p.id)),
    agents,
    agent_ids,
    blocks: toBlocks(parts),
    ...toMarks(parts),
    context: toContext(parts.requests),
  };
}

function letter({ rank, failed }: OutlineRow): string {
  const small = OUTLINE_KINDS[KINDS[rank]!];
  return failed ? small.toUpperCase() : small;
}

/** Items before the first prompt are a block as well. */
function toBlocks({ places, requests, turns }: Parts): OutlineBlock[] {
  const costs = new Map(requests.map((r) => [r.seq, r.cost_nano_usd]));
  const turnsById = new Map(turns.map((t) => [t.prompt_id, t]));
  const blocks: OutlineBlock[] = [];
  for (const [index, place] of places.entries()) {
    if (place.rank === 0 || index === 0) blocks.push(begin(index, place, turnsById));
    const block = blocks.at(-1)!;
    if (place.failed === DENIED) block.denied++;
    else if (place.failed) block.failed++;
    if (place.rank === 3) block.tool_calls++;
    if (place.t > (block.ended_unix_ms ?? 0)) block.ended_unix_ms = place.t;
    if (place.rank !== 2) continue;
    block.requests++;
    const cost = costs.get(Number(place.id)) ?? null;
    if (cost === null) block.unpriced_requests++;
    else block.cost_nano_usd = (block.cost_nano_usd ?? 0) + cost;
  }
  return blocks;
}

function begin(
  index: number,
  place: OutlineRow,
  turnsById: Map<string, Parts["turns"][number]>,
): OutlineBlock {
  const turn = place.rank === 0 ? turnsById.get(String(place.id)) : undefined;
  return {
    index,
    prompt: turn?.prompt == null ? null : cutText(turn.prompt, PROMPT_CHARS),
    started_unix_ms: turn ? turn.started_unix_ms : place.t || null,
    ended_unix_ms: turn?.ended_unix_ms ?? null,
    cost_nano_usd: null,
    unpriced_requests: 0,
    requests: 0,
    tool_calls: 0,
    failed: 0,
    denied: 0,
  };
}

function toMarks({ places, marks }: Parts): Pick<Outline, "waits" | "compactions"> {
  const kind = new Map(marks.map((m) => [m.seq, m.event_type]));
  const waits: [number, number][] = [];
  const compactions: number[] = [];
  for (const [index, { rank, id, t, agent_id }] of places.entries()) {
    const type = rank === 4 ? kind.get(Number(id)) : undefined;
    if (type === "compaction_completed") compactions.push(t);
    if (type !== "permission_requested") continue;
    const next = places.slice(index + 1, index + 200).find((p) => p.agent_id === agent_id && p.t > t);
    waits.push([t, next?.t ?? t]);
  }
  return { waits, compactions };
}

/** The maximum of each of this many equal parts. */
function toContext(requests: OutlineRequest[]): [number, number][] {
  const own = requests
    .filter((r) => r.agent_id === "")
    .sort((a, b) => a.time_unix_ms - b.time_unix_ms || a.seq - b.seq);
  const step = Math.max(1, Math.ceil(own.length / MAX_POINTS));
  const points: [number, number][] = [];
  for (let i = 0; i < own.length; i += step) {
    const top = own.slice(i, i + step).reduce((a, b) => (b.input_tokens > a.input_tokens ? b : a));
    points.push([top.time_unix_ms, top.input_tokens]);
  }
  return points;
}
