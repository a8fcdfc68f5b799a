import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

const UI = join(import.meta.dir, "ui");
const COPIED = ["index.html", "favicon.svg", "favicon-waiting.svg"];

/** File name to content, as in `ui/` of a release. */
export async function buildPage(): Promise<Map<string, string>> {
  const worker = (await bundle(["stream/worker.ts"], {})).files.get("worker.js") ?? "";
  // Named by its content, so that a tab of another version never shares its worker.
  const url = `/worker.js?v=${Bun.hash(worker).toString(36)}`;
  const { files, imports } = await bundle(["main.tsx", "styles.css"], { WORKER_URL: JSON.stringify(url) });
  files.set("worker.js", worker);
  for (const name of COPIED) files.set(name, await readFile(join(UI, name), "utf8"));
  files.set("views.json", JSON.stringify(await filesOfViews(imports), null, 1));
  return files;
}

const NAMES: Record<string, string> = { "main.js": "app.js", "styles.css": "app.css" };
/** For a source file: the bundle that contains it, and the bundles that it needs before it runs. */
type Imports = (source: string) => string[];

async function bundle(entries: string[], define: Record<string, string>) {
  const built = await Bun.build({
    entrypoints: entries.map((name) => join(UI, name)),
    target: "browser",
    format: "esm",
    minify: true,
    sourcemap: "none",
    // A view is loaded when it is first shown.
    splitting: true,
    naming: { entry: "[name].[ext]", chunk: "part-[hash].[ext]" },
    metafile: true,
    define: { "process.env.NODE_ENV": '"production"', ...define },
  });
  const files = new Map<string, string>();
  for (const output of built.outputs) {
    const name = basename(output.path);
    files.set(NAMES[name] ?? name, await output.text());
  }
  const outputs = Object.entries(built.metafile?.outputs ?? {});
  const imports: Imports = (source) => {
    const [first] = outputs.find(([, { entryPoint }]) => entryPoint?.endsWith(`viewer/ui/${source}`)) ?? [];
    const found = new Set<string>();
    const add = (path: string): void => {
      const name = basename(path);
      if (found.has(name)) return;
      found.add(name);
      const of = outputs.find(([output]) => basename(output) === name)?.[1].imports ?? [];
      for (const { path, kind } of of) if (kind === "import-statement") add(path);
    };
    if (first !== undefined) add(first);
    return [...found].map((name) => NAMES[name] ?? name);
  };
  return { files, imports };
}

/** Files that each view loads besides the program itself: requested with it, not after parsing it. */
async function filesOfViews(imports: Imports): Promise<Record<string, string[]>> {
  const loaders = await readFile(join(UI, "views.tsx"), "utf8");
  const views = [...loaders.matchAll(/^ {2}(\w+): async \(\) => \(await import\("\.\/([^"]+)"\)\)/gm)];
  return Object.fromEntries(
    views.map(([, page, source]) => [
      page!,
      [...new Set([...imports("main.tsx"), ...imports(source!)])].filter((name) => name !== "app.js"),
    ]),
  );
}

/** In a process of its own, for `loadAssets`. */
if (import.meta.main) await Bun.write(Bun.stdout, JSON.stringify(Object.fromEntries(await buildPage())));
