import { describe, expect, test } from "bun:test";
import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import fc from "fast-check";
import { headFinder } from "../../../hooks/redact/heads.ts";
import { LIBRARY_HEADS, PATTERNS } from "../../../hooks/redact/patterns.ts";
import { CONTEXTS, plantedSecrets } from "../../collector/redact/planted.ts";

/** The part of a form that makes text: what must not be beside it, and borders, make none. */
const plain = ({ source, flags }: RegExp) =>
  new RegExp(source.replace(/\(\?<?!(?:\[[^\]]*\]|\\.|[^()])*\)|\\b/g, ""), flags.replace(/[gi]/g, ""));

describe("heads of secrets", () => {
  for (const { kind, pattern, heads, back } of PATTERNS)
    test(`T29 each text of the form ${kind} holds one of its heads, where it is tried`, () => {
      if (heads.length === 0) return;
      const find = headFinder([heads]);
      fc.assert(
        fc.property(fc.stringMatching(plain(pattern)), (text) => {
          pattern.lastIndex = 0;
          const start = pattern.exec(text)?.index;
          const places = find(text).get(0) ?? [];
          return start === undefined || places.some((place) => place >= start && place - back <= start);
        }),
        { numRuns: 40, seed: 7 },
      );
    });

  test("T29 heads are found in either case, at both ends, beside other scripts and never beyond the text", () => {
    const find = headFinder([["ghp_"], ["-us"], ["://"]]);
    expect([...find("ghp_")]).toEqual([[0, [0]]]);
    expect([...find("ſGHP_→ghp_")]).toEqual([[0, [1, 6]]]);
    expect([...find("a-us")]).toEqual([[1, [1]]]);
    expect([...find("x://-uS ghp_").keys()].sort()).toEqual([0, 1, 2]);
    for (const text of ["", "g", "ghp", "ɡhp_", "çhp_", ":/", "-u"]) expect(find(text).size).toBe(0);
  });

  test("T29 the library has the rules with known heads", () => {
    const ids = rules.map((rule) => rule.meta.id.replace("@secretlint/secretlint-rule-", ""));
    expect(ids.sort().join(" ")).toBe(
      "1password anthropic aws basicauth database-connection-string databricks docker figma filter-comments gcp github gitlab grafana groq hashicorp-vault huggingface linear notion npm openai privatekey sendgrid shopify slack vercel",
    );
  });

  test("T29 what the library's rules find has a head of the library", () => {
    const find = headFinder([LIBRARY_HEADS]);
    const missed: string[] = [];
    for (const { secret } of plantedSecrets(5, 3))
      for (const context of CONTEXTS) {
        const content = context(secret);
        let found = 0;
        for (const rule of rules) {
          const context = { createTranslator: () => () => ({}), report: () => found++, ignore: () => {} };
          rule
            .create(context as never, {})
            .file?.({ content, filePath: "text", ext: "", contentType: "text" } as never);
        }
        if (found > 0 && !find(content).has(0)) missed.push(content);
      }
    expect(missed).toEqual([]);
  });
});
