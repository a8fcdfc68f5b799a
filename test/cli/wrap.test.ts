import { describe, expect, test } from "bun:test";
import { loadCommand } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { commandHelp, overview } from "../../cli/help.ts";
import { ROOT } from "../../cli/root.ts";
import { columns, reflow, wrap } from "../../cli/wrap.ts";

const helps = await Promise.all(
  COMMANDS.map(async (listed) => [listed.name, await loadCommand(listed)] as const),
);
/** Where the program lies is as long as it is, and a path is not broken. */
const tooWide = (text: string, width: number) =>
  text.split("\n").filter((line) => Bun.stringWidth(line) > width && !line.includes(ROOT));
const words = (text: string) => text.replaceAll(" \\\n", " ").split(/\s+/).filter(Boolean);

describe("EC019 help in a narrow terminal", () => {
  test.each([60, 72, 80, 100])(
    "EC019 no line of any help is wider than %p columns, and no word is lost",
    (width) => {
      for (const [name, command] of helps) {
        const shown = commandHelp(command, width);
        expect([name, tooWide(shown, width)]).toEqual([name, []]);
        expect([name, words(shown)]).toEqual([name, words(commandHelp(command))]);
      }
      expect(tooWide(overview(COMMANDS, width), width)).toEqual([]);
    },
  );

  test("EC019 a description stays in its column, or is below a name that leaves no room", () => {
    const pairs = [
      ["--a", "one two three four five six"],
      ["--much-longer-than-the-other", "seven eight nine ten eleven"],
    ] as const;
    expect(columns(pairs, 34)).toEqual([
      "  --a  one two three four five six",
      "  --much-longer-than-the-other",
      "      seven eight nine ten eleven",
    ]);
    expect(columns([["--a", "one two three four five six"]], 31)).toEqual([
      "  --a  one two three four five",
      "       six",
    ]);
  });

  test("EC019 sentences flow, lists keep their columns, commands stay one command", () => {
    const text =
      "A sentence of some length.\nAnother one.\n\nname  what it is for\n\n  run it --first 1 && other";
    expect(reflow(text, 24)).toEqual([
      "A sentence of some",
      "length. Another one.",
      "",
      "name",
      "      what it is for",
      "",
      "  run it \\",
      "    --first 1 \\",
      "    && other",
    ]);
    expect(reflow(text, 40)).toEqual(text.split("\n"));
  });

  test("EC019 a line of JSON stays whole, as no string of it may hold a line break", () => {
    const line = '    "command": "cd / && exec a-program --option of some length"';
    expect(reflow(`In settings.json:\n\n${line}`, 40)).toEqual(["In settings.json:", "", line]);
  });

  test("EC019 a word longer than a line stays whole", () => {
    expect(wrap("a bbbbbbbbbb c", 4)).toEqual(["a", "bbbbbbbbbb", "c"]);
  });
});
