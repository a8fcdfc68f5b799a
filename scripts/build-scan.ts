/** `bun run build:scan`: compiles the scanner of `collector/scan/scan.as` into the text that `scan.ts` starts. */
import { join } from "node:path";
import { main } from "assemblyscript/asc";

const FOLDER = join(import.meta.dir, "../collector/scan");
/** The compiler knows no other ending than this, while ours would take a file of that name for TypeScript. */
const ENTRY = "scan.ts";
/** Of 64 KB: the scanner's tables, the window, and what is read beyond its end. */
const PAGES = 3 + 64 + 1;

export async function compileScan(): Promise<string> {
  let code: Uint8Array | undefined;
  const { error, stderr } = await main(
    [
      ENTRY,
      "--optimizeLevel=3",
      "--shrinkLevel=0",
      "--converge",
      "--noAssert",
      "--runtime=stub",
      "--enable=simd",
      `--initialMemory=${PAGES}`,
      `--maximumMemory=${PAGES}`,
      "--memoryBase=512",
      "--outFile=scan.wasm",
    ],
    {
      readFile: async (name) => {
        const file = Bun.file(join(FOLDER, name.replace(/\.ts$/, ".as")));
        return (await file.exists()) ? file.text() : null;
      },
      writeFile: (_name, contents) => {
        if (typeof contents !== "string") code = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !code) throw new Error(`scan.as does not build\n${stderr.toString()}`);
  return `// Made from scan.as by \`bun run build:scan\`.\nexport const CODE =\n  "${Buffer.from(code).toString("base64")}";\n`;
}

if (import.meta.main) {
  await Bun.write(join(FOLDER, "code.ts"), await compileScan());
  console.log(`built ${join("collector/scan", "code.ts")}`);
}
