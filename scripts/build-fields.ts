/** `bun run build:fields`: compiles the field reader of `collector/import/fields.as` into the text that `field-reader.ts` starts. */
import { join } from "node:path";
import { main } from "assemblyscript/asc";

const FOLDER = join(import.meta.dir, "../collector/import");
/** The compiler knows no other ending than this, while ours would take a file of that name for TypeScript. */
const ENTRY = "fields.ts";
/** Of 64 KB: the field reader's tables, the window, and what is read beyond its end. */
const PAGES = 3 + 64 + 1;

export async function compileFields(): Promise<string> {
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
      "--outFile=fields.wasm",
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
  if (error || !code) throw new Error(`fields.as does not build\n${stderr.toString()}`);
  return `// Made from fields.as by \`bun run build:fields\`.\nexport const CODE =\n  "${Buffer.from(code).toString("base64")}";\n`;
}

if (import.meta.main) {
  await Bun.write(join(FOLDER, "code.ts"), await compileFields());
  console.log(`built ${join("collector/import", "code.ts")}`);
}
