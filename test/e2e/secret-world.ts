import { Database } from "bun:sqlite";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CONTEXTS, core, plantedSecrets } from "../collector/redact/planted.ts";
import { type Carrier, fireHook } from "../hooks/fire.ts";
import { all, type Daemon, type Home, one, ROOT } from "./daemon.ts";

const PLANTED = plantedSecrets(23, 5);
const CORES = PLANTED.map((planted) => ({ kind: planted.kind, bytes: core(planted) }));
const FIXTURES = join(ROOT, "test/fixtures");
const WORDS =
  /text|message|content|command|output|std(?:out|err)|prompt|description|title|summary|error|thinking|arguments|query|pattern|reasoning|question|answer|subject|old|new/i;

/** Plants the next secret, or what `make` gives, in every field of words, also in JSON within a text. */
export function createPlanter(make?: () => string) {
  let next = 0;
  // One of another kind each time, and in the end all of them.
  const secret =
    make ?? (() => CONTEXTS[next % CONTEXTS.length]!(PLANTED[(next++ * 46) % PLANTED.length]!.secret));

  function plant(value: unknown, name = ""): unknown {
    if (Array.isArray(value)) return value.map((item) => plant(item, name));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plant(inner, key)]));
    if (typeof value !== "string" || value === "") return value;
    if (/^\{.*\}$/s.test(value)) return JSON.stringify(plant(JSON.parse(value)));
    return WORDS.test(name) && !/id$|type$|name$|kind$/i.test(name) ? `${value}\n${secret()}` : value;
  }
  return { plant, count: () => Math.min(next, PLANTED.length) };
}
export type Planter = ReturnType<typeof createPlanter>;

/** The kinds of what of the secrets is in a text. */
function secretsIn(text: string): string[] {
  return CORES.filter(({ bytes }) => text.includes(bytes)).map(({ kind }) => kind);
}

export type Found = { where: string; kinds: string[] };
export const toFound = (where: string, text: string): Found[] => {
  const kinds = secretsIn(text);
  return kinds.length === 0 ? [] : [{ where, kinds: [...new Set(kinds)] }];
};

/** Every file below the folders, as bytes, as what is compressed in it, and as rows of its tables. */
export function scanFiles(...folders: string[]): Found[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => {
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        return [...toFound(path, unpacked(bytes)), ...(entry.name.endsWith(".db") ? scanRows(path) : [])];
      }),
  );
}

export function unpacked(bytes: Buffer): string {
  const isPacked = bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2fb528;
  return (isPacked ? Buffer.from(Bun.zstdDecompressSync(bytes)) : bytes).toString("latin1");
}

function scanRows(path: string): Found[] {
  const db = new Database(path, { readonly: true });
  try {
    const tables = db
      .query<{ name: string }, []>("select name from sqlite_master where type = 'table'")
      .all();
    return tables.flatMap(({ name }) => {
      const rows = db.query<Record<string, unknown>, []>(`select * from "${name}"`).all();
      const text = rows.map((row) => Object.values(row).map(cellText).join("\n")).join("\n");
      return toFound(`${basename(path)}: ${name}`, text);
    });
  } finally {
    db.close();
  }
}

function cellText(value: unknown): string {
  return value instanceof Uint8Array ? unpacked(Buffer.from(value)) : String(value);
}

function fixtureLines(path: string): object[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as object);
}

/** Recorded sessions of both agents with a secret in each field of words, and a line that is no JSON. */
export function writeHistory(home: Home, { plant }: Planter, withBroken = true): void {
  const put = (path: string, lines: object[]) => {
    mkdirSync(dirname(path), { recursive: true });
    const whole = lines.map((line) => `${JSON.stringify(plant(line))}\n`).join("");
    const broken = withBroken ? `{"broken": ${JSON.stringify(plant("words", "text"))},\n` : "";
    writeFileSync(path, whole + broken);
  };
  const claude = join(FIXTURES, "claude-332/transcripts");
  for (const name of files(claude, 6)) put(join(home.claude, name), fixtureLines(join(claude, name)));
  const codex = join(FIXTURES, "codex/home/sessions");
  for (const name of files(codex, 4)) put(join(home.codex, name), fixtureLines(join(codex, name)));
}

function files(folder: string, count: number): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .slice(0, count);
}

/** One process each for recorded payloads of both agents, a part of them not JSON. */
export async function fireHooks(
  home: Home,
  { plant }: Planter,
  { root }: Carrier,
  count: number,
  withBroken = true,
): Promise<void> {
  for (const [agent, folder] of [
    ["claude", "claude-332/hooks"],
    ["codex", "codex/hooks"],
  ] as const) {
    const names = readdirSync(join(FIXTURES, folder))
      .filter((name) => name.endsWith(".json"))
      .sort();
    for (let i = 0; i < count; i++) {
      const name = names[Math.floor((i * names.length) / count)]!;
      const payload = JSON.stringify(plant(JSON.parse(readFileSync(join(FIXTURES, folder, name), "utf8"))));
      const command = [join(root, "hooks/hall"), agent];
      const text = withBroken && i % 10 === 9 ? payload.slice(0, -3) : payload;
      await fireHook("Stop", `${text}\n`, { command, env: home.env });
    }
  }
}

/** Of the spool too, up to the end of each segment. */
export async function isRead(daemon: Daemon, home: Home): Promise<boolean> {
  if (!(await daemon.status()).backfill.done) return false;
  const spool = join(home.data, "spool");
  const read = new Map(
    all<{ path: string; offset: number }>(home, "select path, offset from files where source = 'spool'").map(
      (file) => [file.path, file.offset],
    ),
  );
  return readdirSync(spool)
    .filter((name) => name.endsWith(".log"))
    .every((name) => read.get(join(spool, name)) === statSync(join(spool, name)).size);
}

export function isTextRead(home: Home): boolean {
  const behind = `select count(*) as n from files f left join text_cursors t using (path)
    where f.source in ('claude', 'codex') and f.offset > coalesce(t.offset, 0)`;
  return one<{ n: number }>(home, behind).n === 0;
}
