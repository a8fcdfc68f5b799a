import { describe, expect, test } from "bun:test";
import { redactText } from "../../../collector/redact/redact.ts";
import { CONTEXTS, core, plantedSecrets } from "./planted.ts";

const off = { emails: false };

describe("secrets in texts", () => {
  test("T29 225 planted secrets of 45 kinds are covered in every context", () => {
    const missed: string[] = [];
    for (const planted of plantedSecrets(11, 5))
      for (const [i, context] of CONTEXTS.entries()) {
        const text = redactText(context(planted.secret), off);
        if (text.includes(core(planted))) missed.push(`${planted.kind} in context ${i}: ${text}`);
      }
    expect(missed).toEqual([]);
  });

  test("T29 what surrounds a secret stays, and covering twice changes nothing", () => {
    const [github] = plantedSecrets(3, 1).filter((p) => p.kind === "github");
    const once = redactText(`run it with ${github!.secret} now`, off);
    expect(once).toBe("run it with [redacted:github_token] now");
    expect(redactText(once, off)).toBe(once);
    const assigned = redactText('password: "correct horse battery"\nnext line', off);
    expect(assigned).toBe('password: "[redacted:assigned_secret]"\nnext line');
  });

  test("T29 every secret of a text is covered, also where a longer one begins before or ends behind its name", () => {
    const text =
      "https://u:token=hunter22@a.example, token=hunter22 and TOKEN: 'secret=one two' token=x token=hunter23";
    expect(redactText(text, off)).toBe(
      "https://u:[redacted:url_password], token=[redacted:assigned_secret] and TOKEN: '[redacted:assigned_secret]' token=x token=[redacted:assigned_secret]",
    );
  });

  test("T29 runs of base64 are decoded beside words, after short runs and over wrapped lines", () => {
    const wrapped = Buffer.from(`${"a note of some length ".repeat(5)} password=hunter2hunter22`).toString(
      "base64",
    );
    const lines = wrapped.replace(/.{76}/g, "$&\n");
    for (const before of ["", "a ", "a-word-of-22-characters ", `${"0123456789".repeat(5)}.`, "→ "])
      expect(redactText(`${before}${lines}, end`, off)).toBe(`${before}[redacted:encoded_secret], end`);
  });

  test("T29 ordinary text is left as it is", () => {
    const texts = [
      "The token count rose to 12,345 and the key idea is caching.",
      "toolu_01MOCK00000000000000000111 ended; session 6c2e43a5-55df-4ba8-9c77-8ea1f439d36e",
      "src/components/authentication-provider/password-reset-form.tsx: 12 lines",
      "commit 3f786850e387550fdab836ed7e6dc881de23001b fixes the parser",
      "const password = await readPassword(prompt);",
      "if (token === undefined) throw new Error('no token');",
      "import { createTokenizer } from './tokenizer.ts';",
      "secret: process.env.SECRET, password: undefined, api_key: null",
      "Basic usage of the library; bearer of news",
      "https://example.com/path?sort=key&page=2",
      "npm_config_registry and sk-learn and gh_pages",
      "| max_tokens | 4096 |",
      "git@github.com:example/shop.git",
    ];
    for (const text of texts) expect(redactText(text, off)).toBe(text);
  });

  test("T29 e-mail addresses are covered where asked for", () => {
    const text = "write to dev@example.com, please";
    expect(redactText(text, off)).toBe(text);
    expect(redactText(text, { emails: true })).toBe("write to [redacted:email], please");
  });
});
