import * as lines from "./codex-lines.ts";
import {
  bill,
  type CodexWorld,
  item,
  MODELS,
  put,
  type Rollout,
  spend,
  threadId,
  toTokens,
  writeTokenCount,
} from "./codex-rollout.ts";
import { addTo } from "./truth.ts";

export function turn(world: CodexWorld, rollout: Rollout, goesOn: () => boolean): void {
  const { random, text } = world;
  const { meta } = rollout;
  const isOld = meta.mode === "old";
  rollout.time += random.int(1000, 300_000);
  rollout.turn = threadId(random);
  rollout.turn_sum = lines.noUsage();
  if (random.chance(0.1)) rollout.model = random.pick(MODELS);
  if (!isOld) put(world, rollout, "event_msg", lines.taskStarted(rollout.turn, rollout.time));
  if (!isOld && random.chance(0.05)) compaction(world, rollout);
  put(world, rollout, "response_item", lines.message("developer", random.hex(24), rollout.turn, text(4000)));
  if (!isOld)
    put(
      world,
      rollout,
      "world_state",
      `{"full":true,"state":{"host_skills":{"body":"${text(4000)}"},"model":"${rollout.model}"}}`,
    );
  put(world, rollout, "turn_context", lines.turnContext(rollout.turn, meta.cwd, rollout.model));
  const words = text(random.sized(300, 1, 10_000));
  put(world, rollout, "response_item", lines.message("user", random.hex(24), rollout.turn, words));
  if (meta.mode === "paginated")
    item(
      world,
      rollout,
      `{"type":"UserMessage","id":"${random.hex(24)}","content":[{"type":"text","text":"${words}","text_elements":[]}]}`,
    );
  else put(world, rollout, "event_msg", `{"type":"user_message","message":"${words}","images":[]}`);
  const rounds = random.int(1, 15);
  for (let i = 0; i < rounds && goesOn(); i++) toolRound(world, rollout);
  answer(world, rollout);
}

function toolRound(world: CodexWorld, rollout: Rollout): void {
  const { random, text, truth } = world;
  const { meta } = rollout;
  const own = spend(world, rollout);
  const call = `call_${random.hex(24)}`;
  if (own.reasoning_output_tokens > 0)
    put(
      world,
      rollout,
      "response_item",
      `{"type":"reasoning","id":"rs_${random.hex(40)}","summary":[{"type":"summary_text","text":"${text(120)}"}],"content":null,"encrypted_content":"${random.hex(random.int(400, 3000))}"}`,
    );
  const isPatch = random.chance(0.2);
  const shell = `bun test src/${random.hex(4)}.test.ts`;
  if (isPatch)
    put(
      world,
      rollout,
      "response_item",
      `{"type":"custom_tool_call","id":"ctc_${random.hex(24)}","status":"completed","call_id":"${call}","name":"apply_patch","input":"${text(900)}"}`,
    );
  else
    put(
      world,
      rollout,
      "response_item",
      `{"type":"function_call","status":"completed","id":"fc_${random.hex(24)}","name":"exec_command","arguments":"{\\"cmd\\":\\"${shell}\\",\\"yield_time_ms\\":5000}","call_id":"${call}"}`,
    );
  truth.tool_calls.codex++;
  bill(world, rollout, own, rollout.model);
  const output = text(random.sized(1800, 1.4, 48_000));
  if (meta.mode === "paginated" && !isPatch)
    item(
      world,
      rollout,
      `{"type":"CommandExecution","id":"${call}","process_id":"87264","command":["/bin/bash","-lc","${shell}"],"cwd":"file://${meta.cwd}","parsed_cmd":[{"type":"unknown","cmd":"${shell}"}],"source":"unified_exec_startup","status":"completed","aggregated_output":"${output}","exit_code":0,"duration":{"secs":0,"nanos":24501}}`,
    );
  const kind = isPatch ? "custom_tool_call_output" : "function_call_output";
  put(
    world,
    rollout,
    "response_item",
    `{"type":"${kind}","id":"fco_${random.hex(24)}","call_id":"${call}","output":"Process exited with code 0\\nOutput:\\n${output}"}`,
  );
  writeTokenCount(world, rollout, own);
}

function answer(world: CodexWorld, rollout: Rollout): void {
  const { random, text } = world;
  const own = spend(world, rollout);
  const words = text(random.sized(900, 1, 12_000));
  const id = random.hex(24);
  if (rollout.meta.mode === "paginated")
    item(
      world,
      rollout,
      `{"type":"AgentMessage","id":"msg_${id}","content":[{"type":"Text","text":"${words}"}]}`,
    );
  else put(world, rollout, "event_msg", `{"type":"agent_message","message":"${words}"}`);
  put(world, rollout, "response_item", lines.message("assistant", id, rollout.turn, words));
  bill(world, rollout, own, rollout.model);
  writeTokenCount(world, rollout, own);
  if (rollout.meta.mode === "old") return;
  put(
    world,
    rollout,
    "event_msg",
    `{"type":"task_complete","root_turn_id":"${rollout.turn}","turn_id":"${rollout.turn}","last_agent_message":"${words}","started_at":${Math.floor(rollout.time / 1000)},"completed_at":${Math.floor(rollout.time / 1000)},"duration_ms":247}`,
  );
}

/** Billed, but only in the record; the `compacted` line carries a copy of the record that must not count. */
function compaction(world: CodexWorld, rollout: Rollout): void {
  const { random, text, truth } = world;
  if (rollout.ordinal < 10 && rollout.thread_sum.total_tokens === 0) return;
  put(world, rollout, "turn_context", lines.turnContext(rollout.turn, rollout.meta.cwd, rollout.model));
  const own = spend(world, rollout);
  bill(world, rollout, own, rollout.model);
  addTo(truth.codex_records_only, toTokens(own));
  const copy = lines.usageRecord(
    rollout.meta,
    rollout.turn,
    `resp_${random.hex(40)}`,
    own,
    rollout.turn_sum,
    rollout.thread_sum,
  );
  const history = Array.from({ length: 8 }, () =>
    lines.message("user", random.hex(24), rollout.turn, text(6000)).replace(/,"metadata".*$/, ""),
  );
  put(
    world,
    rollout,
    "compacted",
    `{"message":"","replacement_history":[${history.join(",")}],"latest_token_usage_record":${copy},"window_number":1}`,
  );
  rollout.context = random.int(8000, 20_000);
  const line = lines.tokenCount(
    rollout.counted,
    { ...lines.noUsage(), total_tokens: rollout.context },
    rollout.percent,
    Math.floor(rollout.time / 1000) + 7200,
  );
  put(world, rollout, "event_msg", line);
}
