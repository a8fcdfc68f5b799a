import { expect, test } from "bun:test";
import { join } from "node:path";
import { progressLine } from "../../cli/progress-line.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import { environment, ROOT, run, tempHome } from "./run.ts";
import { writeTranscript } from "./transcript.ts";

function terminal() {
  const parts: string[] = [];
  return { isTTY: true, write: (part: string) => void parts.push(part), text: () => parts.join("") };
}
const state = (files_done: number, files_total: number) => ({
  done: files_done === files_total,
  files_total,
  files_done,
  bytes_total: files_total * 1e6,
  bytes_done: files_done * 1e6,
  started_unix_ms: 1,
  finished_unix_ms: files_done === files_total ? 2 : null,
});

test("F051 a daemon without history shows no progress of it, whatever it stores", () => {
  const out = terminal();
  const line = progressLine(out, true);
  line.show(state(0, 0));
  expect(out.text()).toBe("");
});

test("F051 the line of progress ends with the whole of the history, once, and what follows begins a new line", () => {
  const out = terminal();
  const line = progressLine(out, true);
  line.show(state(1, 2));
  expect(out.text()).toMatch(/^\r.* 50 % {2}1\/2 files/);
  for (let pass = 1; pass <= 3; pass++) line.show(state(2, 2));
  line.end(state(2, 2));
  expect(out.text().split("\n")).toEqual([expect.stringMatching(/ 100 % {2}2\/2 files[^\r]*$/), ""]);
  // A history that is read again has a line of its own.
  line.show(state(0, 3));
  expect(out.text().split("\n")).toHaveLength(2);
});

test("F051 an import that is over before its first line shows its result", () => {
  const out = terminal();
  const line = progressLine(out, true);
  line.end(state(2, 2));
  expect(out.text()).toMatch(/^\r.* 100 % {2}2\/2 files.*\n$/);
});

const LINE = JSON.stringify(join(import.meta.dir, "../../cli/progress-line.ts"));
const OPEN = `
  const { progressLine, withWait } = await import(${LINE});
  setInterval(() => {}, 1000);
  const line = progressLine(process.stderr, true);
`;
const SHOW = `line.show(${JSON.stringify(state(1, 2))});`;

/** Bun in a terminal of its own; at `seen` Ctrl-C is pressed. What the terminal got, and how the process ended. */
async function interrupt(args: string[], seen: string, env?: Record<string, string>) {
  let got = "";
  let isPressed = false;
  const closed = Promise.withResolvers<void>();
  const child = Bun.spawn([process.execPath, ...BUN_SEAL, ...args], {
    ...(env && { env }),
    terminal: {
      cols: 120,
      rows: 10,
      data(terminal, data) {
        got += new TextDecoder().decode(data);
        if (isPressed || !got.includes(seen)) return;
        isPressed = true;
        terminal.write("\x03");
      },
      exit: () => closed.resolve(),
    },
  });
  await child.exited;
  await closed.promise;
  return { got, signal: child.signalCode, code: child.exitCode };
}

test("F051 Ctrl-C ends the line of progress, and then the program", async () => {
  const { got, signal } = await interrupt(["-e", OPEN + SHOW], "files");
  expect(got).toMatch(/ 50 % {2}1\/2 files[^\n]*\n$/);
  expect(signal).toBe("SIGINT");
});

test("F051 a program that ends itself at Ctrl-C has its line of progress ended, and shows no other", async () => {
  const ends = `process.on("SIGINT", () => setImmediate(() => { ${SHOW} process.exit(3) }));`;
  const { got, code } = await interrupt(["-e", OPEN + ends + SHOW], "files");
  expect(got.match(/files/g)).toHaveLength(1);
  expect(got).toMatch(/ files[^\n]*\n$/);
  expect(code).toBe(3);
});

test("F051 Ctrl-C removes the line of what is still computed", async () => {
  const waits = 'await withWait(process.stderr, "searching", new Promise(() => {}));';
  const { got, signal } = await interrupt(["-e", OPEN + waits], "searching");
  expect(got).toEndWith("\r\x1b[K");
  expect(signal).toBe("SIGINT");
});

test("F051 Ctrl-C ends an import in the middle, with its line, and the next one reads the rest", async () => {
  using home = tempHome();
  const FILES = 20;
  for (let file = 0; file < FILES; file++)
    writeTranscript(
      home,
      `s${file}`,
      "/w/a",
      Array.from({ length: 3000 }, (_, n) => ({
        id: `m${file}-${n}`,
        at: new Date(Date.UTC(2026, 10, 1) + n * 1000).toISOString(),
        model: "claude-haiku-4-5",
        input: 10,
        output: 1,
      })),
    );
  const { got, signal } = await interrupt(
    [join(ROOT, "cli/main.ts"), "backfill"],
    "files",
    environment(home),
  );
  expect(got).toMatch(/ files[^\n]*\n$/);
  expect(signal).toBe("SIGINT");
  expect((await run(home, ["backfill", "--quiet"])).code).toBe(0);
  const { stdout } = await run(home, ["status"]);
  expect(stdout).toContain(`${FILES} sessions, ${FILES * 3},000 requests`);
});
