/**
 * Prints what documents quote from the source: the tables of `docs/` and the snippets of `code/`. A marker names
 * its content, so that a test can check that it is still the same.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configSchema } from "../cli/config-file.ts";
import { TABLES } from "./document-tables.ts";

const ROOT = join(import.meta.dir, "..");
const TABLE = /<!-- table: (\w+) -->\n[\s\S]*?<!-- \/table -->/g;
const SNIPPET = /<!-- from: (\S+)#(\w+) -->\n```ts\n[\s\S]*?```/g;

/** Text of a top-level declaration, from its comment to the line that closes it. */
export function region(source: string, name: string): string | undefined {
  const lines = source.split("\n");
  const declared = new RegExp(`^(?:export )?(?:async )?(?:function|type|const|class) ${name}\\b`);
  const at = lines.findIndex((line) => declared.test(line));
  if (at < 0) return undefined;
  const oneLine = /;$/.test(lines[at] ?? "");
  // A line that opens again, as the one between parameters and body, closes nothing.
  const length = oneLine ? 0 : lines.slice(at).findIndex((line) => /^[}\])](?!.*\{$)/.test(line));
  let from = at;
  if (/^ ?\*\/|^\/\*\*.*\*\/$/.test(lines[at - 1] ?? ""))
    for (from = at - 1; !lines[from]?.startsWith("/**"); from--);
  return lines.slice(from, at + length + 1).join("\n");
}

/** The document with everything between its markers as the source has it now. */
export function fill(document: string): string {
  return document
    .replace(TABLE, (_, name: string) => {
      const print = TABLES[name];
      if (!print) throw new Error(`no table is called ${name}`);
      return `<!-- table: ${name} -->\n${print()}\n<!-- /table -->`;
    })
    .replace(SNIPPET, (_, path: string, name: string) => {
      const text = existsSync(join(ROOT, path))
        ? region(readFileSync(join(ROOT, path), "utf8"), name)
        : undefined;
      if (text === undefined) throw new Error(`${path} declares no ${name}`);
      return `<!-- from: ${path}#${name} -->\n\`\`\`ts\n${text}\n\`\`\``;
    });
}

/** Every document that quotes the source, relative to the root. */
export function quotingDocuments(): string[] {
  const pages = (folder: string) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`);
  return ["README.md", "decisions.md", ...pages("docs"), ...pages("code")];
}

/** Files that are printed as a whole. */
export const PRINTED_FILES: Record<string, () => string> = {
  "docs/config.schema.json": () => `${JSON.stringify(configSchema(), undefined, 2)}\n`,
};

function print(path: string, text: string): void {
  const target = join(ROOT, path);
  if (existsSync(target) && readFileSync(target, "utf8") === text) return;
  writeFileSync(target, text);
  console.log(`printed ${path}`);
}

if (import.meta.main) {
  for (const path of quotingDocuments()) print(path, fill(readFileSync(join(ROOT, path), "utf8")));
  for (const [path, text] of Object.entries(PRINTED_FILES)) print(path, text());
}
