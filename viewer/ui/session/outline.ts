import type { Outline, OutlineBlock } from "../../../schema/api-outline.ts";

const CHIPS = { turn: "t", request: "r", tool: "c", agent: "a", event: "e" } as const;
export type Chip = keyof typeof CHIPS | "failed";
export const CHIP_WORDS: Record<Chip, string> = {
  turn: "Prompts",
  request: "Responses",
  tool: "Tool calls",
  agent: "Agents",
  event: "Events",
  failed: "Failed or denied",
};

export const isFailed = (outline: Outline, index: number) => /[A-Z]/.test(outline.kinds[index] ?? "");
/** A link to an item survives a reload: its letter and what it is named by. */
export const nameOf = (outline: Outline, index: number) =>
  `${(outline.kinds[index] ?? "").toLowerCase()}${outline.ids[index]}`;

export function countsOf(outline: Outline, agent: string | undefined): Record<Chip | "all", number> {
  const counts: Record<Chip | "all", number> = {
    all: 0,
    turn: 0,
    request: 0,
    tool: 0,
    agent: 0,
    event: 0,
    failed: 0,
  };
  const names = Object.entries(CHIPS) as [keyof typeof CHIPS, string][];
  const of = new Map(names.map(([name, letter]) => [letter, name]));
  for (let i = 0; i < outline.times.length; i++) {
    if (agent !== undefined && outline.agent_ids[outline.agents[i]!] !== agent) continue;
    counts.all++;
    counts[of.get(outline.kinds[i]!.toLowerCase())!]++;
    if (isFailed(outline, i)) counts.failed++;
  }
  return counts;
}

/** Which items are shown, in order, as the timeline's route picks them by `only` and `agent_id`. */
export function pick(outline: Outline, only: string, agent: string | undefined): number[] {
  const letter = (CHIPS as Record<string, string>)[only];
  const picked: number[] = [];
  for (let i = 0; i < outline.times.length; i++) {
    if (agent !== undefined && outline.agent_ids[outline.agents[i]!] !== agent) continue;
    if (only === "failed" && !isFailed(outline, i)) continue;
    if (letter && outline.kinds[i]!.toLowerCase() !== letter) continue;
    picked.push(i);
  }
  return picked;
}

/** The first place with a time that is not before one. */
export function firstAt(outline: Outline, picked: number[], time: number): number {
  let [low, high] = [0, picked.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (outline.times[picked[middle]!]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function blocksByIndex(outline: Outline): Map<number, OutlineBlock> {
  return new Map(outline.blocks.map((block) => [block.index, block]));
}
