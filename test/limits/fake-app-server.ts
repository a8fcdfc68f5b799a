/**
 * A `codex app-server` that answers as a recorded conversation did, or misbehaves.
 *   fake-app-server.ts --recording FILE [--fault NAME] [--log FILE] app-server
 */
import { appendFileSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";

type Message = { id?: number | string; method?: string; params?: unknown; result?: unknown; error?: unknown };
const { values } = parseArgs({
  options: { recording: { type: "string" }, fault: { type: "string", default: "" }, log: { type: "string" } },
  allowPositionals: true,
});
const fault = values.fault;
const recorded = readFileSync(values.recording ?? "/dev/null", "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line) as { dir: string; msg: Message });
const sent = (dir: string) => recorded.filter((r) => r.dir === dir).map((r) => r.msg);

/** The last answer that the recording has for a method. */
function answerTo(method: string): Message | undefined {
  const ids = sent("c2s")
    .filter((m) => m.method === method)
    .map((m) => m.id);
  return sent("s2c").findLast((m) => m.method === undefined && ids.includes(m.id));
}
const reply = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);
const update = (rateLimits: unknown) =>
  reply({ method: "account/rateLimits/updated", params: { rateLimits } });

let reads = 0;
function onMessage(message: Message): void {
  if (values.log) appendFileSync(values.log, `${JSON.stringify(message)}\n`);
  if (fault === "hang" || fault === "deaf") return;
  if (fault === "garbage") return void process.stdout.write("<html>no json</html>\n{]\n");
  if (message.id === undefined) {
    for (const note of sent("s2c")) if (note.method !== undefined) reply(note);
    return;
  }
  if (message.method === "initialize" && fault === "update-first")
    update({ limitId: "codex", primary: { usedPercent: 99 } });
  const answer =
    fault === "old" && message.method !== "initialize" ? undefined : answerTo(message.method ?? "");
  if (!answer)
    return void reply({
      id: message.id,
      error: { code: -32600, message: `Invalid request: unknown variant \`${message.method}\`` },
    });
  if (message.method === "account/rateLimits/read") reads++;
  if (
    fault === "overloaded" ||
    (fault === "overloaded-twice" && message.method !== "initialize" && reads <= 2)
  ) {
    if (message.method !== "initialize")
      return void reply({
        id: message.id,
        error: { code: -32001, message: "Server overloaded; retry later." },
      });
  }
  if (fault === "shapeless" && message.method !== "initialize")
    return void reply({ id: message.id, result: 7 });
  reply({ ...answer, id: message.id });
  if (fault === "updates" && message.method === "account/rateLimits/read") {
    update({
      limitId: "codex",
      primary: { usedPercent: 31, windowDurationMins: null, resetsAt: null },
      secondary: null,
      credits: null,
      planType: null,
    });
    update({
      limitId: "codex_new",
      primary: { usedPercent: 5, windowDurationMins: 10080, resetsAt: 1795542716 },
    });
  }
}

if (fault === "flood") {
  const line = `${"x".repeat(1000)}\n`;
  for (;;) process.stdout.write(line.repeat(64));
}
if (fault === "long-line") process.stdout.write("y".repeat(3 * 1024 * 1024));
if (fault === "exit") process.exit(1);
if (fault === "deaf") process.on("SIGTERM", () => {});
if (fault === "deaf" || fault === "stays") setInterval(() => {}, 1000);

let pending = "";
for await (const chunk of process.stdin) {
  const lines = (pending + String(chunk)).split("\n");
  pending = lines.pop() ?? "";
  for (const line of lines) if (line) onMessage(JSON.parse(line) as Message);
}
if (fault !== "deaf" && fault !== "stays" && fault !== "hang") process.exit(0);
