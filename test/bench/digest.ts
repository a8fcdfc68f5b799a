import { Database } from "bun:sqlite";
import { existsSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { compare, truthFigure } from "./compare.ts";
import { BACKFILL, corpus, corpusEnv } from "./corpus.ts";
import { type Figure, inFolder, mustSucceed, REPOSITORY, run } from "./measure.ts";

const VERIFY = [process.execPath, "cli/main.ts", "verify", "--json"];
const FIRST_UNIX_S = Date.UTC(2026, 10, 1) / 1000;

type Env = Record<string, string>;
export type Way = { name: string; ms: number; digest: string; note?: string };

/** The same files on one core, on two, last file first, and killed while rows come in and right after it: one digest. */
export function benchDigest(bytes: number, codexShare: number): Promise<Figure[]> {
  const { dir, truth } = corpus(bytes, codexShare);
  return inFolder(async (folder) => {
    const at = (name: string): Env => ({ ...corpusEnv(folder, dir), HALL_DATA_DIR: join(folder, name) });
    orderFiles(dir, 1);
    const one = await readAll("one core", on("0"), at("one"));
    const two = await readAll("two cores", on("0,1"), at("two"));
    const early = await killWhen(at("killed"), (elapsed) => elapsed > two.ms / 2);
    const late = await killWhen(at("killed"), () => stored(at("killed").HALL_DATA_DIR!) > 0);
    const killed = `killed with ${early} and then with ${late} of ${truth.total.requests} requests stored`;
    const again = await readAll("killed and begun again", BACKFILL, at("killed"));
    const plain = await readAll("by the plain path", BACKFILL, { ...at("plain"), HALL_FAST_IMPORT: "false" });
    orderFiles(dir, -1);
    const reversed = await readAll("files in reverse order", on("0,1"), at("reversed"));
    const wrong = compare(at("one").HALL_DATA_DIR!, truth);
    return [...digestFigures([one, two, plain, reversed, { ...again, note: killed }]), truthFigure(wrong)];
  });
}

const on = (cores: string) => (Bun.which("taskset") ? ["taskset", "-c", cores, ...BACKFILL] : BACKFILL);

/** History is read from the newest file to the oldest, so other times are another order. */
export function orderFiles(dir: string, step: 1 | -1): string[] {
  const files = (readdirSync(dir, { recursive: true }) as string[])
    .filter((name) => name.endsWith(".jsonl"))
    .sort();
  for (const [i, name] of files.entries()) {
    const time = FIRST_UNIX_S + step * i;
    utimesSync(join(dir, name), time, time);
  }
  return files;
}

async function readAll(name: string, command: string[], env: Env): Promise<Way> {
  const { line_ms } = mustSucceed(await run(command, env), `backfill, ${name}`);
  const verified = mustSucceed(await run(VERIFY, env), `verify, ${name}`);
  const found = JSON.parse(verified.stdout) as { digest: { digest: string } };
  return { name, ms: line_ms, digest: found.digest.digest };
}

/** Kills a backfill as soon as it is time, and returns how many requests can be queried then. */
async function killWhen(env: Env, isTime: (elapsedMs: number) => boolean): Promise<number> {
  const started = performance.now();
  const child = Bun.spawn(BACKFILL, { env, cwd: REPOSITORY, stdout: "ignore", stderr: "ignore" });
  while (child.exitCode === null && !isTime(performance.now() - started)) await Bun.sleep(2);
  child.kill("SIGKILL");
  await child.exited;
  if (child.signalCode !== "SIGKILL")
    throw new Error("the backfill ended before it could be killed: take more --bytes");
  return stored(env.HALL_DATA_DIR!);
}

function stored(dataDir: string): number {
  const path = join(dataDir, "hall.db");
  if (!existsSync(path)) return 0;
  try {
    using db = new Database(path, { readonly: true });
    return db.query<{ n: number }, []>("select count(*) as n from requests").get()!.n;
  } catch {
    return 0; // being made
  }
}

export function digestFigures(ways: readonly Way[]): Figure[] {
  const others = new Set(ways.map((way) => way.digest)).size - 1;
  return [
    ...ways.map(({ name, ms, digest, note }) => ({
      name,
      value: ms,
      unit: "ms",
      note: note ? `${digest}, ${note}` : digest,
    })),
    {
      name: "digests besides the first",
      value: others,
      unit: "",
      limit: 0,
      note: others === 0 ? "equal" : "not equal",
    },
  ];
}
