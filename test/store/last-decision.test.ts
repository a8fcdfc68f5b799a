import { Database } from "bun:sqlite";
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ToolCallObservation } from "../../store/batch.ts";
import { createWriter } from "../../store/commit-rows.ts";
import { DATABASE_FILE, openDatabase } from "../../store/database.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../store/migrations.ts";
import { createRandom } from "../bench/random.ts";
import { rows } from "../viewer/rig.ts";

const T0 = Date.parse("2026-11-18T10:00:00Z");
const CALLS = 40;
const BY = ["config", "hook", "user_permanent", "user_reject"];
let folder = "";
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Decision = { call: number; at: number; decision: string; by: string };
type Step = { call: number } | Decision;

/** Calls and decisions shuffled; some calls have none, some several, also of one moment. */
function steps(seed: number): Step[] {
  const { next: random } = createRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const all: Step[] = [];
  for (let call = 0; call < CALLS; call++) {
    all.push({ call }, { call });
    for (let i = below(4); i > 0; i--)
      all.push({
        call,
        at: T0 + below(3),
        decision: below(2) ? "accept" : "reject",
        by: BY[below(BY.length)]!,
      });
  }
  return all
    .map((step) => ({ step, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ step }) => step);
}

const observation = (call: number): ToolCallObservation => ({
  tool_key: `claude:c${call}`,
  tool_use_id: `c${call}`,
  tool_name: "Bash",
  source: "claude",
  session_id: `s${call % 3}`,
  agent_id: "",
  started_unix_ms: T0,
});

function put(db: Database, of: Step[]): void {
  const writer = createWriter(db, () => {
    throw new Error("nothing is priced here");
  });
  for (const step of of)
    if ("at" in step)
      writer.capture.putDecisionLine({
        source: "claude",
        session_id: `s${step.call % 3}`,
        tool_key: `claude:c${step.call}`,
        time_unix_ms: step.at,
        decision: step.decision,
        decided_by: step.by,
      });
    else writer.tools.put(observation(step.call), "");
}

/** Of each call the last decision, by comparing all; a decision that is repeated keeps its first time. */
function expected(of: Step[]): (string | null)[] {
  return Array.from({ length: CALLS }, (_, call) => {
    const first = new Map<string, Decision>();
    for (const step of of)
      if ("at" in step && step.call === call && !first.has(`${step.decision} ${step.by}`))
        first.set(`${step.decision} ${step.by}`, step);
    const [last] = [...first.values()].sort(
      (a, b) => b.at - a.at || (`${a.decision} ${a.by}` < `${b.decision} ${b.by}` ? -1 : 1),
    );
    return last ? `${last.decision} ${last.by}` : null;
  });
}

const found = (db: Database): (string | null)[] =>
  db
    .query<{ d: string | null }, []>(
      "select decision || ' ' || decided_by as d from tool_calls order by cast(substr(tool_use_id, 2) as integer)",
    )
    .all()
    .map((row) => row.d);

const fresh = () => {
  folder = mkdtempSync(join(tmpdir(), "hall-decided-"));
  return folder;
};

for (const seed of [1, 2, 3])
  test(`I12.2 a call has its last decision, in whatever order both were stored (${seed})`, () => {
    const db = openDatabase(fresh());
    const of = steps(seed);
    put(db, of);
    expect(found(db)).toEqual(expected(of));
    expect(found(db)).toContain(null);
    db.close();
  });

test("I12.2 the calls of a database of before have their decisions after its upgrade", () => {
  const of = steps(5);
  const old = new Database(join(fresh(), DATABASE_FILE), { create: true, strict: true });
  const before = MIGRATIONS.findIndex((sql) => sql.includes("add column decided_by"));
  for (const step of MIGRATIONS.slice(0, before)) old.run(step);
  old.run(`pragma user_version = ${before}`);
  old.run(`pragma application_id = ${APPLICATION_ID}`);
  const write = rows(old);
  const session = write.session("s0");
  for (let call = 0; call < CALLS; call++) write.tool(session, `c${call}`);
  const decide = old.query(
    "insert into tool_decisions (session_pk, tool_key, time_unix_ms, decision, decided_by) values (?, ?, ?, ?, ?) on conflict do nothing",
  );
  for (const step of of)
    if ("at" in step) decide.run(session, `claude:c${step.call}`, step.at, step.decision, step.by);
  old.close();
  const db = openDatabase(folder);
  expect(found(db)).toEqual(expected(of));
  db.close();
});
