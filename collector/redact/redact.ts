import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import { LIBRARY_HEADS } from "../../hooks/redact/patterns.ts";
import { createRedactor, type Range, type RedactText } from "../../hooks/redact/ranges.ts";

/** One text in the form that the library's rules read. */
type RuleInput = Parameters<ReturnType<(typeof rules)[number]["create"]>["file"] & object>[0];

const library = rules
  .filter((rule) => rule.meta.id !== "@secretlint/secretlint-rule-filter-comments")
  .map((rule) => {
    const kind = rule.meta.id.replace("@secretlint/secretlint-rule-", "").replaceAll("-", "_");
    let ranges: Range[] = [];
    const context = {
      createTranslator: () => () => ({ message: "", messageId: "" }),
      report: ({ range: [start, end] }: { range: readonly [number, number] }) =>
        ranges.push({ start, end, kind }),
      ignore: () => {},
    };
    // The rules check a text at once; the library itself only adds reading files and reporting lines.
    const file = rule.create(context as never, {}).file;
    return (source: RuleInput): Range[] => {
      ranges = [];
      file?.(source);
      return ranges;
    };
  });

function byLibrary(content: string): Range[] {
  const source = { content, filePath: "text", ext: "", contentType: "text" } as unknown as RuleInput;
  return library.flatMap((find) => find(source));
}

/** Applies the rules of the carriers and those of the library, which carriers cannot run. */
export const redactText: RedactText = createRedactor({ heads: LIBRARY_HEADS, find: byLibrary });
