import type { Group } from "../../../schema/groups.ts";
import { pagePath } from "../../../schema/pages.ts";
import { projectName } from "../../../schema/projects.ts";
import { withoutControls } from "../../../schema/text.ts";
import { COST_ITEMS, COST_LABELS } from "../../../schema/usage-kinds.ts";
import { shortModel } from "../../event-labels.ts";
import { behind, sessionHref, setQuery } from "../route.ts";
import { idOf, plain, titleOfKey } from "../session-title.ts";

export const SPLITS = {
  model: "Model",
  project: "Project",
  session: "Session",
  prompt: "Prompt",
  branch: "Branch",
  tool: "Tool",
  kind: "Token kind",
  source: "Agent",
  agent_type: "Thread",
  pr: "Pull request",
  skill: "Skill",
  mcp_server: "MCP server",
  effort: "Effort",
  plan: "Plan",
  account: "Account",
} as const satisfies Partial<Record<Group, string>>;
export type Split = keyof typeof SPLITS;
const isSplit = (name: string | undefined): name is Split =>
  name !== undefined && Object.hasOwn(SPLITS, name);

/** Filters that a row of a split sets for the whole view. */
const FILTERS: ReadonlySet<Split> = new Set(["model", "project", "source", "account"]);

export const splitOf = (query: Record<string, string>): Split => (isSplit(query.by) ? query.by : "model");

/** The group that the requests are of, as the address has it: `of=branch&group=main`; none = those without one. */
export function chosenOf(query: Record<string, string>): { of: Split; group: string } | null {
  return isSplit(query.of) ? { of: query.of, group: query.group ?? "" } : null;
}

/** A click on a row filters the whole view, or the requests below. A second click removes the filter. */
export function choose(by: Split, group: string): void {
  if (FILTERS.has(by) && group !== "") {
    setQuery({ [by]: group, ...(by !== "model" && { by: "model" }) });
    return;
  }
  const now = chosenOf(behind.value.query);
  const isChosen = now?.of === by && now.group === group;
  setQuery(isChosen ? { of: "", group: "" } : { of: by, group });
  if (!isChosen) document.getElementById("requests-title")?.scrollIntoView({ block: "start" });
}

/** Link to a session or a prompt. */
export function hrefOf(by: Split, group: string): string | undefined {
  if (group === "") return undefined;
  if (by === "session") return sessionHref(group);
  if (by !== "prompt") return undefined;
  const { session_key, prompt_id } = partsOf(group);
  return pagePath("session", { key: session_key }, { at: `t${prompt_id}` });
}

/** A prompt's group is `source:session/prompt_id`. */
function partsOf(group: string): { session_key: string; prompt_id: string } {
  const end = group.indexOf("/");
  return { session_key: group.slice(0, end), prompt_id: group.slice(end + 1) };
}

const UNNAMED: Partial<Record<Split, string>> = {
  agent_type: "main thread",
  prompt: "no prompt",
  tool: "unnamed tool",
};

const SHOWN_ID = 8;

/** Distinguishes groups with the same name: the beginning of an id, else the client's full name. */
function mark(by: Split, group: string): string {
  if (by === "session") return idOf(group).slice(0, SHOWN_ID);
  return by === "prompt" ? partsOf(group).prompt_id.slice(0, SHOWN_ID) : group;
}

/** Groups by unique names, so that no two are merged. */
export function groupNames(
  by: Split,
  groups: readonly { group: string | null; label: string | null }[],
): Map<string, string> {
  const named = groups.map(({ group, label }) => [group ?? "", nameOf(by, group ?? "", label)] as const);
  const times = new Map<string, number>();
  for (const [, name] of named) times.set(name, (times.get(name) ?? 0) + 1);
  const used = new Set<string>();
  return new Map(
    named.map(([group, name]) => {
      const marked = times.get(name) === 1 || group === "" ? name : `${name} · ${mark(by, group)}`;
      const own = used.has(marked) ? `${name} · ${group}` : marked;
      used.add(own);
      return [group, own];
    }),
  );
}

/** Display name of a group; groups that the client did not name get one here. */
export function nameOf(by: Split, group: string, label: string | null): string {
  if (group === "") return UNNAMED[by] ?? `no ${SPLITS[by].toLowerCase()}`;
  if (by === "session") return titleOfKey(group, label);
  if (by === "project") return projectName(group);
  if (by === "prompt") return plain(label ?? "").replace(/\s+/g, " ") || "prompt without text";
  if (by === "kind") return COST_LABELS[COST_ITEMS.find((item) => item === group) ?? "input"];
  return by === "model" ? shortModel(group) : withoutControls(label ?? group);
}
