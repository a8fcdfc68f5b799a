import * as z from "zod";
import type { Plan } from "../../schema/api-plans.ts";
import { PLAN_STATES } from "../../schema/plan.ts";
import { fittingPage } from "./bounded.ts";
import { dollars, moment, tool } from "./tool.ts";

function toShort(p: Plan) {
  return {
    plan: p.name,
    plan_key: p.plan_key,
    project: p.project_path,
    state: p.state,
    progress_percent: p.progress_percent,
    counts: p.counts,
    session: p.session_key,
    started: moment(p.started_unix_ms),
    ended: moment(p.ended_unix_ms),
    eta: p.eta && { at: moment(p.eta.at_unix_ms), from: p.eta.from },
    tokens: p.totals.total_tokens,
    cost_usd: dollars(p.totals.cost_nano_usd),
    pr_url: p.pr_url,
  };
}

export const plans = tool({
  name: "plans",
  title: "Plans and their progress",
  description:
    "Plans of the projects on this machine (manifest.jsonl): progress, cost, estimated end. With `name` one plan with its features, their states, measured times and cost.",
  input: z.object({
    name: z.string().min(1).max(200).optional().describe("a plan's name, `project:name` or its key"),
    state: z.enum(PLAN_STATES).optional(),
    project: z.string().min(1).max(1000).optional(),
    limit: z.int().min(1).max(50).default(20),
    cursor: z.string().max(400).optional(),
  }),
  async run({ name, limit, ...query }, { app }) {
    if (name === undefined)
      return fittingPage(limit, async (n) => {
        const { data, next_cursor } = await app.call("GET /api/plans", { query: { ...query, limit: n } });
        return { items: data.map(toShort), next_cursor };
      });
    const { data } = await app.call("GET /api/plans/:name", { params: { name } });
    return {
      ...toShort(data),
      overhead_usd: dollars(data.overhead.cost_nano_usd),
      features: data.feature_list.map((f) => ({
        id: f.feature_id,
        layer: f.layer,
        description: f.description,
        status: f.status,
        depends_on: f.depends_on,
        attempts: f.attempt,
        started: moment(f.attempts.at(-1)?.started_unix_ms ?? null),
        ended: moment(f.attempts.at(-1)?.ended_unix_ms ?? null),
        time_quality: f.attempts.at(-1)?.end_quality ?? f.attempts.at(-1)?.start_quality ?? null,
        cost_usd: dollars(f.totals.cost_nano_usd),
      })),
    };
  },
});
