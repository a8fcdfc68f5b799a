import * as z from "zod";
import { AppError } from "../schema/errors.ts";
import { type PlainIssue, plainIssues } from "../schema/plain-issue.ts";
import { suggest } from "../schema/suggest.ts";
import {
  type ConfigFault,
  jsonFault,
  placeName,
  type ReadConfig,
  readConfigFile,
  readConfigText,
} from "./config-file.ts";
import { placesIn } from "./json-places.ts";

/** The part of `config.json` that a schema describes. Throws `bad_config` with the place of the first fault. */
export function readConfigPart<Part>(path: string, schema: z.ZodType<Part>): Part {
  return checkConfigPart(readConfigFile(path), schema);
}

/** The same for a file that was already read. */
export function checkConfigPart<Part>(config: ReadConfig, schema: z.ZodType<Part>): Part {
  const { path } = config;
  const read = schema.safeParse(config.value);
  if (read.success) return read.data;
  const [first, ...more] = faultsIn(config, schema, read.error);
  const others = more.length === 0 ? "" : ` (and ${more.length} more: hall-monitor config --check)`;
  throw new AppError("bad_config", `${first?.where ?? path}: ${first?.detail ?? "not valid"}${others}`, {
    hint: first?.hint ?? "`hall-monitor config --check` checks the whole file",
    cause: read.error,
  });
}

/** The content of `config.json`, and its faults in the order of the file. Throws if it cannot be read. */
export function inspectConfigFile(
  path: string,
  schema: z.ZodType,
): { value: unknown; faults: ConfigFault[] } {
  const text = readConfigText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { value: {}, faults: [jsonFault(path, text)] };
  }
  const read = schema.safeParse(value);
  return { value, faults: read.success ? [] : faultsIn({ path, text, value }, schema, read.error) };
}

function faultsIn({ path, text, value }: ReadConfig, schema: z.ZodType, error: z.ZodError): ConfigFault[] {
  const { placeOf } = placesIn(text);
  const issues = plainIssues(error.issues, value).map((issue) => ({
    issue,
    offset: nearestPlace(issue.path, placeOf),
  }));
  return issues
    .sort((a, b) => a.offset - b.offset)
    .map(({ issue, offset }) => ({
      where: placeName(path, text, offset),
      detail: issue.detail,
      hint: hintFor(issue, schema),
    }));
}

/** For a missing key, the place of its parent. */
function nearestPlace(path: readonly PropertyKey[], placeOf: ReturnType<typeof placesIn>["placeOf"]): number {
  for (let length = path.length; length > 0; length--) {
    const offset = placeOf(path.slice(0, length));
    if (offset !== undefined) return offset;
  }
  return 0;
}

function hintFor({ path, given, choices }: PlainIssue, schema: z.ZodType): string | null {
  if (given === undefined) return null;
  const known = choices ?? keysAt(schema, path.slice(0, -1));
  const meant = suggest(given, known) ?? known.find((key) => key.split("_").includes(given));
  if (meant !== undefined) return `did you mean ${meant}?`;
  return choices || known.length === 0 ? null : `the keys here: ${known.join(", ")}`;
}

type Printed = {
  properties?: Record<string, Printed>;
  items?: Printed;
  additionalProperties?: Printed | boolean;
};

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: Printed | undefined = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Printed;
  for (const key of path) {
    const other: Printed["additionalProperties"] = at?.additionalProperties;
    at =
      typeof key === "number"
        ? at?.items
        : (at?.properties?.[String(key)] ?? (typeof other === "object" ? other : undefined));
  }
  return Object.keys(at?.properties ?? {});
}
