import { ERROR_CODES } from "../../schema/errors.ts";
import { openReader } from "../../store/database.ts";
import { type Verified, verify as verifyStore } from "../../store/verify.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { agreed, counted, toCount } from "../format.ts";
import { out, paint, printJson, terminalWidth, toPlain } from "../print.ts";
import { hang } from "../wrap.ts";

export const verify: Command = {
  options: { json: JSON_OPTION },
  more:
    "Databases with the same records have the same digest, in whatever order their files were read.\n" +
    "Read-only; works with or without a daemon. Exit code 65 if anything is damaged.",
  async run({ values, config }) {
    const { data_dir } = config();
    const db = openReader(data_dir);
    try {
      const found = await verifyStore(db, data_dir);
      if (flag(values, "json")) printJson(found);
      else for (const line of lines(found)) out(line);
      return found.ok ? 0 : ERROR_CODES.database_damaged.exit;
    } finally {
      db.close();
    }
  },
};

function lines({ damage, rollup_differences, rows, archive, digest, ok }: Verified): string[] {
  const printCheck = (isGood: boolean, name: string, detail: string) =>
    hang(
      `${isGood ? paint("green", "✓") : paint("red", "✗")} ${name.padEnd(9)} `,
      toPlain(detail),
      terminalWidth(),
    );
  const tables = Object.entries(digest?.tables ?? {}).map(([name, t]) =>
    counted(t.rows, oneOf(name), name.replaceAll("_", " ")),
  );
  return [
    ...printCheck(
      damage.length === 0,
      "database",
      damage.length === 0 ? tables.join(", ") : damage.join("; "),
    ),
    ...printCheck(
      rollup_differences === 0,
      "sums",
      rollup_differences === 0
        ? "every total matches its rows"
        : `${counted(rollup_differences, "total")} ${agreed(rollup_differences, "differs from its", "differ from their")} rows; \`hall-monitor recost\` rebuilds them`,
    ),
    ...rowLines(rows).flatMap(([isGood, detail]) => printCheck(isGood, "rows", detail)),
    ...archiveLines(archive).flatMap(([isGood, detail]) => printCheck(isGood, "archive", detail)),
    `  digest    ${digest?.digest ?? "not available"}`,
    ...(ok
      ? []
      : ["", "`hall-monitor rebuild` rebuilds the database from the archive and the agents' files"]),
  ];
}

/** `tool_calls` is `tool call`. */
const oneOf = (table: string) =>
  table
    .replaceAll("_", " ")
    .replace(/ies$/, "ys")
    .replace(/(?<=ch)es$|s$/, "");

function rowLines({
  compared,
  damaged,
  differing,
  lost,
  broken_lines,
}: Verified["rows"]): [boolean, string][] {
  const first = (numbers: number[]) => `${counted(numbers.length, "row")}, starting at ${numbers[0]}`;
  const found: [boolean, string][] = [];
  if (damaged.length > 0) found.push([false, `changed since they were stored: ${first(damaged)}`]);
  if (differing.length > 0)
    found.push([false, `differ from their lines in an archive without checksums: ${first(differing)}`]);
  if (lost.length > 0) found.push([false, `are in the archive only: ${first(lost)}`]);
  for (const place of broken_lines) found.push([false, `${place} of the archive is damaged`]);
  if (found.length === 0)
    found.push([
      true,
      `${counted(compared, "row")} ${agreed(compared, "equals its line", "equal their lines")} in the archive`,
    ]);
  return found;
}

function archiveLines(archive: Verified["archive"]): [boolean, string][] {
  const { files, last_seq, missing, first_missing_seq, waiting, ahead, damaged_files } = archive;
  const found: [boolean, string][] = [];
  for (const path of damaged_files) found.push([false, `${path} does not match its checksum`]);
  if (missing > 0) found.push([false, `lacks ${counted(missing, "row")}, starting at ${first_missing_seq}`]);
  if (ahead > 0) found.push([false, `is ${counted(ahead, "row")} ahead of the database`]);
  const lag = waiting === 0 ? "" : `; ${counted(waiting, "row")} not written yet`;
  if (found.length === 0)
    found.push([true, `complete up to row ${toCount(last_seq)}, in ${counted(files, "file")}${lag}`]);
  return found;
}
