import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { addCodexOtel, refuseEndpoint, removeCodexOtel } from "../../../cli/install/codex-otel.ts";
import { statementsOf } from "../../../cli/install/toml-statements.ts";
import { NASTY } from "./nasty-toml.ts";

const OTEL = { endpoint: "http://127.0.0.1:3456/v1/logs" };

function added(text: string): string {
  const edited = addCodexOtel(text, OTEL);
  if (!edited.ok) throw new Error(edited.why);
  return edited.text;
}

describe("[otel] in config.toml", () => {
  test.each(NASTY)("D-19 %s: one block, every other key as before, and the same bytes back", (_, text) => {
    const once = added(text);
    expect(added(once)).toBe(once);
    expect(statementsOf(once).filter((s) => s.kind === "table" && s.path[0] === "otel")).toHaveLength(1);
    const { otel, ...rest } = Bun.TOML.parse(once.replace(/^\ufeff/, "")) as Record<string, unknown>;
    const { otel: _theirs, ...before } = Bun.TOML.parse(text.replace(/^\ufeff/, "")) as Record<
      string,
      unknown
    >;
    expect(rest).toEqual(before);
    expect(otel).toEqual({
      log_user_prompt: false,
      exporter: { "otlp-http": { endpoint: OTEL.endpoint, protocol: "json" } },
    });
    expect(removeCodexOtel(once)).toBe(text);
  });

  test("D-19 what the user adds after the block stays when it goes", () => {
    const text = added('model = "a"\n[otel]\nenvironment = "x"\n');
    expect(removeCodexOtel(`${text}[tui]\ntheme = "dark"\n`)).toBe(
      'model = "a"\n[otel]\nenvironment = "x"\n[tui]\ntheme = "dark"\n',
    );
  });

  test("D-19 a text that is not TOML is left alone", () => {
    for (const text of ["a = ", "[otel\n", "a = 1\na = 2\n", "[otel]\nx=1\n[otel]\ny=2\n"])
      expect(addCodexOtel(text, OTEL)).toEqual({ ok: false, why: "is not valid TOML" });
  });

  test("D-19 any mixture of the pieces comes back byte for byte", () => {
    const piece = fc.constantFrom(
      '[otel.exporter."otlp-http"]\nendpoint = "x"\n',
      "# [otel]\n",
      "\n",
      "[[otel.list]]\na = 1\n",
      'text = """\n[otel]\n\\"""\n"""\n',
      "lines = '''\nx''''\n",
      "list = [\n  1, # ]\n  2,\n]\n",
      '"otel-like" = 1\n',
      "[a.otel]\nb = { c = 1 }\n",
      "[ otel ] # here\n  log_user_prompt = true\n",
    );
    void fc.assert(
      fc.property(
        fc.uniqueArray(piece, { maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        (pieces, crlf, cut) => {
          let text = pieces.join("");
          if (crlf) text = text.replaceAll("\n", "\r\n");
          if (cut) text = text.replace(/\r?\n$/, "");
          const edited = addCodexOtel(text, OTEL);
          if (edited.ok) expect(removeCodexOtel(edited.text)).toBe(text);
          else expect(() => Bun.TOML.parse(text)).toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });

  test("D-20 endpoints that could break out of the file or lead elsewhere are refused", () => {
    for (const bad of [
      "",
      "127.0.0.1:3456",
      "javascript:alert(1)",
      "file:///etc/passwd",
      'http://127.0.0.1/"',
      "http://127.0.0.1/\n[x]",
      "http://127.0.0.1/\\",
      "http://127.0.0.1/ x",
      "http://127.0.0.1/\u0007",
      "http://user:secret@127.0.0.1/v1/logs",
    ])
      expect(refuseEndpoint(bad, true)).toBeString();
    expect(refuseEndpoint("http://collector.example/v1/logs", false)).toContain("--allow-remote");
    for (const good of [
      "http://127.0.0.1:3456/v1/logs",
      "https://localhost/v1/logs",
      "http://[::1]:4318/v1/logs",
    ])
      expect(refuseEndpoint(good, false)).toBeUndefined();
    expect(refuseEndpoint("https://collector.example/v1/logs", true)).toBeUndefined();
  });

  test("D-21 the token is named, never written, and prompts stay out", () => {
    const edited = addCodexOtel("", { ...OTEL, token_variable: "HALL_OTLP_TOKEN" });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder
    expect(edited.ok && edited.text).toContain('authorization = "Bearer ${HALL_OTLP_TOKEN}"');
    expect(edited.ok && edited.text).toContain("log_user_prompt = false");
  });
});
