import * as z from "zod";
import type { Session } from "../../schema/api-shapes.ts";
import { AGENTS } from "../../schema/vendor-texts.ts";
import { SESSION_KEY_FORMS } from "../../schema/vendors.ts";
import { searchQueries } from "../../store/queries/search.ts";
import { sessionQueries } from "../../store/queries/sessions.ts";
import { fromCursor, toCursor } from "../../viewer/api/answer.ts";
import { callRoute, findDaemon } from "../daemon-client.ts";
import { fullId } from "../session-id.ts";
import { fittingPage } from "./bounded.ts";
import { dollars, moment, tool } from "./tool.ts";

const cursor = z.string().max(400).optional().describe("`next_cursor` of the previous page");
const limit = z.int().min(1).max(50).default(20);
const project = z.string().min(1).max(1000).optional().describe("a project's path, or the last part of it");

function toShort(s: Session) {
  return {
    session: s.session_key,
    title: s.title,
    state: s.state,
    activity: s.activity.state,
    project: s.project_path,
    branch: s.git_branch,
    started: moment(s.started_unix_ms),
    last: moment(s.last_unix_ms),
    models: s.models,
    turns: s.turns,
    tool_calls: s.tool_calls,
    failed_tool_calls: s.failed_tool_calls,
    agents: s.agents,
    requests: s.totals.requests,
    tokens: s.totals.total_tokens,
    cost_usd: dollars(s.totals.cost_nano_usd),
    cost_complete: s.totals.coverage.cost_complete,
  };
}

export const sessions = tool({
  name: "sessions",
  title: "Recorded sessions",
  description: `Sessions of ${AGENTS} on this machine, latest first, with state, project, tokens and cost. Use it to find a session.`,
  input: z.object({
    q: z.string().min(1).max(200).optional().describe("part of a title, a project path or a session id"),
    project,
    state: z.enum(["active", "idle", "ended"]).optional(),
    since: z.string().max(40).optional().describe("ISO 8601 or YYYY-MM-DD"),
    until: z.string().max(40).optional(),
    limit,
    cursor,
  }),
  run: ({ limit, ...query }, { app }) =>
    fittingPage(limit, async (n) => {
      const { data, next_cursor } = await app.call("GET /api/sessions", { query: { ...query, limit: n } });
      return { items: data.map(toShort), next_cursor };
    }),
});

export const session = tool({
  name: "session",
  title: "One session",
  description:
    "One session in full: agents, tools, tokens and cost; with `timeline` what happened in it, oldest first, page by page.",
  input: z.object({
    id: z.string().min(4).max(200).describe(`${SESSION_KEY_FORMS}, a bare id or its beginning`),
    timeline: z.boolean().default(false),
    limit,
    cursor,
  }),
  async run({ id, timeline, limit, cursor }, { app, db }) {
    const params = { id: fullId(db, id) };
    const project = sessionQueries(db).find(params.id)?.project_path ?? null;
    if (timeline)
      return fittingPage(limit, async (n) => {
        const query = { limit: n, ...(cursor !== undefined && { cursor }) };
        const { data, next_cursor } = await app.call("GET /api/sessions/:id/timeline", { params, query });
        return { session: data.session_key, project, items: data.items, next_cursor };
      });
    const { data } = await app.call("GET /api/sessions/:id", { params });
    return {
      ...toShort(data),
      client: [data.entrypoint, data.client_version].filter(Boolean).join(" "),
      parent: data.parent_session_id,
      main_cost_usd: dollars(data.main.cost_nano_usd),
      agent_list: data.agent_list.map((a) => ({
        agent_id: a.agent_id,
        type: a.agent_type,
        description: a.description,
        tokens: a.totals.total_tokens,
        cost_usd: dollars(a.totals.cost_nano_usd),
      })),
      tools: data.tools,
      children: data.children,
    };
  },
});

const Before = z.tuple([z.literal("hit"), z.int(), z.int(), z.int()]);

export const search = tool({
  name: "search",
  title: "Search conversations",
  description:
    'Full-text search of recorded titles, prompts, answers and tool calls. Quote phrases: "words in a row"; match prefixes with *: pain*. Use it to find when something was worked on before.',
  input: z.object({ q: z.string().min(1).max(200), project, limit, cursor }),
  run({ q, project, limit, cursor }, { db }) {
    const before = fromCursor(cursor, Before);
    const queries = searchQueries(db);
    return fittingPage(limit, (n) => {
      const after = before && { before: before[1], skip: before[2], shown: before[3] };
      const page = { q, project, after, limit: n };
      const titles = before ? [] : queries.titles(page);
      const { found, next } = queries.texts(page);
      const hit = (kind: string, h: (typeof titles)[number]) => ({
        session: h.session_key,
        project: h.project_path,
        kind,
        time: moment(h.time_unix_ms),
        text: h.snippet,
      });
      return {
        items: [...titles.map((h) => hit("title", h)), ...found.map((h) => hit(h.role, h))],
        next_cursor: next === null ? null : toCursor(["hit", next.before, next.skip, next.shown]),
      };
    });
  },
});

export const waiting = tool({
  name: "waiting",
  title: "Sessions waiting for a person",
  description:
    "Sessions that wait for a person now: for a permission, an answer, a plan's approval or a form; longest first.",
  input: z.object({ limit }),
  async run({ limit }, { app, config, now }) {
    const query = { activity: "waiting", limit: 200 } as const;
    // A running recorder also sees the client's own registry.
    const daemon = await findDaemon(config.data_dir);
    const { data } = daemon
      ? await callRoute(daemon, "GET /api/sessions", { query })
      : await app.call("GET /api/sessions", { query });
    const since = (s: Session) => s.activity.since_unix_ms ?? now;
    const waits = data.toSorted((a, b) => since(a) - since(b));
    return {
      items: waits.slice(0, limit).map((s) => ({
        session: s.session_key,
        title: s.title,
        project: s.project_path,
        since: moment(s.activity.since_unix_ms),
        waits_seconds: Math.max(0, Math.round((now - since(s)) / 1000)),
        waits_for: s.activity.waits_for,
      })),
      waiting: waits.length,
    };
  },
});
