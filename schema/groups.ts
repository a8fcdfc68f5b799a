/** The purpose of a request, as the client recorded it beside the response. */
export const ATTRIBUTION_GROUPS = ["skill", "plugin", "mcp_server", "agent_type", "effort"] as const;
export type AttributionGroup = (typeof ATTRIBUTION_GROUPS)[number];
/** Of a session; `pr` is the address of a pull request. Empty = without one. */
export const BRANCH_GROUPS = ["branch", "pr"] as const;
export type BranchGroup = (typeof BRANCH_GROUPS)[number];
/** `prompt` is a session's key, `/` and the prompt's id; `kind` is a separately priced part of a request. */
export const GROUPS = [
  "model",
  "event_type",
  "session",
  "project",
  "source",
  "account",
  "tool",
  "plan",
  "prompt",
  "kind",
  ...BRANCH_GROUPS,
  ...ATTRIBUTION_GROUPS,
] as const;
export type Group = (typeof GROUPS)[number];

/** Groups that can be filtered by model: their sums are kept by model, or they read single requests. */
const BY_MODEL: ReadonlySet<Group> = new Set([
  ...(["model", "session", "project", "source", "account", "prompt", "kind"] as const),
]);
export const knowsModel = (group: Group): boolean => BY_MODEL.has(group);

/** Groups of `GET /api/cache`. */
export const CACHE_GROUPS = ["session", "day", "project"] as const;
export type CacheGroup = (typeof CACHE_GROUPS)[number];
