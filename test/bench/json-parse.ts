/** The reference: every line of every file through JSON.parse, one thread, nothing kept. Prints milliseconds. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const started = performance.now();
let bad = 0;
for (const root of process.argv.slice(2))
  for (const name of readdirSync(root, { recursive: true }) as string[]) {
    if (!name.endsWith(".jsonl")) continue;
    const text = readFileSync(join(root, name), "utf8");
    for (let start = 0, end = 0; ; start = end + 1) {
      end = text.indexOf("\n", start);
      if (end < 0) break;
      try {
        JSON.parse(text.slice(start, end));
      } catch {
        bad++;
      }
    }
  }
console.log(JSON.stringify({ elapsed_ms: performance.now() - started, bad }));
