/** Builds `hooks/hall-linux-*` from `hooks/native/`: the same compiler gives the same bytes on every machine. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NATIVE = join(import.meta.dir, "../hooks/native");
/** What built the committed files, from what, and what came out: the part that is checked without a compiler. */
export const CARRIER_RECORD = "hooks/native/built.json";
/** By file: the compiler of Debian's `gcc` and `gcc-aarch64-linux-gnu`, and the largest page of the processor. */
export const CARRIERS = {
  "hooks/hall-linux-x64": { cc: "gcc", page_bytes: 4096 },
  "hooks/hall-linux-arm64": { cc: "aarch64-linux-gnu-gcc", page_bytes: 65_536 },
} as const;
export type CarrierFile = keyof typeof CARRIERS;
export type CarrierRecord = {
  compiler: string;
  sources_sha256: string;
  files: Record<CarrierFile, string>;
};

const FLAGS = [
  "-O2",
  "-static",
  "-nostdlib",
  "-ffreestanding",
  "-fno-pic",
  "-no-pie",
  "-fno-stack-protector",
  "-fno-ident",
  "-fno-asynchronous-unwind-tables",
  "-fno-tree-loop-distribute-patterns",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-Wl,--build-id=none",
  "-Wl,-z,noexecstack",
  "-Wl,-z,noseparate-code",
  "-Wl,-s",
];
/** The padding of the ELF head. A shell that takes a program of another processor for a script ends at once. */
const PADDING = { offset: 9, text: "\nexit\n" };

export function sha256(bytes: Uint8Array | string): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

export function carrierSources(): string {
  const names = readdirSync(NATIVE).filter((name) => /\.[ch]$/.test(name));
  return sha256(
    names
      .sort()
      .map((name) => `${name}\n${readFileSync(join(NATIVE, name), "utf8")}`)
      .join(""),
  );
}

/** As in `12.2.0`; undefined where it is not installed. */
export function compilerVersion(file: CarrierFile): string | undefined {
  const path = Bun.which(CARRIERS[file].cc);
  if (path === null) return undefined;
  return Bun.spawnSync([path, "-dumpfullversion"]).stdout.toString().trim();
}

export function buildCarrier(file: CarrierFile): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "hall-carrier-"));
  try {
    const out = join(folder, "carrier");
    // Beside the sources, so that no path of this machine can get into the file.
    const { cc, page_bytes } = CARRIERS[file];
    const flags = [...FLAGS, `-Wl,-z,max-page-size=${page_bytes}`];
    const built = Bun.spawnSync([cc, ...flags, "-o", out, "carrier.c"], { cwd: NATIVE });
    if (built.exitCode !== 0) throw new Error(`${cc} ended with ${built.exitCode}: ${built.stderr}`);
    const bytes = readFileSync(out);
    bytes.write(PADDING.text, PADDING.offset, "latin1");
    return bytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every file and the record of them; undefined where a compiler is missing. */
export function buildCarriers(): { files: Record<string, Buffer>; record: CarrierRecord } | undefined {
  const names = Object.keys(CARRIERS) as CarrierFile[];
  const versions = new Set(names.map(compilerVersion));
  const [compiler] = versions;
  if (versions.size !== 1 || compiler === undefined) return undefined;
  const files = Object.fromEntries(names.map((name) => [name, buildCarrier(name)]));
  const sums = Object.fromEntries(names.map((name) => [name, sha256(files[name]!)]));
  return {
    files,
    record: {
      compiler: `gcc ${compiler}`,
      sources_sha256: carrierSources(),
      files: sums as CarrierRecord["files"],
    },
  };
}
