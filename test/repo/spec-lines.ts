import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROW = /^\| ([A-Z]{1,4}-?\d+(?:\.\d+)?) \| (proved|open) \| (\S.*\S) \|$/;
/** These are written in prompts/ and edge-cases.md. */
const ELSEWHERE = /^(?:F\d{3}(?:\.A\d+)?|EC\d{3})$/;

export type SpecLine = { page: string; line: string; id: string; status: string; sentence: string };

/** Every line of spec/; one that has not the form has no id. */
export function specLines(root: string): SpecLine[] {
  const pages = readdirSync(join(root, "spec")).filter((name) => name.endsWith(".md"));
  return pages.flatMap((page) =>
    readFileSync(join(root, "spec", page), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| ") && !line.startsWith("| Id |"))
      .map((line) => {
        const [, id = "", status = "", sentence = ""] = ROW.exec(line) ?? [];
        return { page, line, id, status, sentence };
      }),
  );
}

/** Whether spec/ has to explain an id of a title. */
export const isOfSpec = (id: string): boolean => !ELSEWHERE.test(id);
