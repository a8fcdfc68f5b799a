import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readManifest } from "../../collector/plans/manifest.ts";
import type { Source } from "../../collector/sources/source.ts";
import type { Usage } from "../../schema/usage.ts";
import { isVendor } from "../../schema/vendors.ts";
import type { FileBatch } from "../../store/batch.ts";
import {
  CASES,
  type Case,
  checkCache,
  checkFastPath,
  checkIds,
  checkPrefixes,
  checkRestarts,
  FIXTURES,
  idsOf,
  linesOf,
  open,
  read,
  withLine,
} from "./conformance-checks.ts";

describe.each(CASES)("source $name", (of) => {
  test("V2 the recorded files hold rows to judge by", () => {
    expect(of.files.length).toBeGreaterThan(0);
    expect(of.files.flatMap((file) => idsOf(read(of, file))).length).toBeGreaterThan(0);
  });

  test("V3 no cut of a recorded line makes the reader throw, nor is one lost in silence", () => {
    expect(checkPrefixes(of)).toBeGreaterThan(50);
  });

  test("V3 a state of another version, and bytes that are no text, make no reader throw", () => {
    for (const state of ["", "{", "[]", "null", '{"thread":7}', "\u0000"])
      for (const { path, bytes } of withLine(of, "\u0000\u0001{]\n{}\n[]\nnull\n7\n")) {
        const parser = of.source.open(path, state, open(of.source, path));
        for (const { start, end } of linesOf(bytes)) parser.line(bytes, start, end, start);
        expect(typeof parser.state()).toBe("string");
      }
  });

  test("V4 a restart after every line gives the same rows and the same state", () => checkRestarts(of));

  test("V5 the same file read twice gives the same ids", () => checkIds(of));

  test("V6 what is read is the same after it crossed to another thread as JSON", () => {
    for (const file of of.files) {
      const batch = read(of, file);
      expect(JSON.parse(JSON.stringify(batch))).toEqual(batch);
    }
  });

  test("V7 input and cached tokens are the figures that the agent wrote, and no count is negative or broken", () => {
    expect(checkCache(of)).toBeGreaterThan(0);
  });
});

describe.each(CASES.filter((of) => of.fast))("source $name", (of) => {
  test("V6 the fast path gives the rows and the state of the plain path, whatever was read before by the other", () =>
    checkFastPath(of));
});

/** A reader with a fault: what it puts into its batch, or its state, is changed after each line. */
function faulty(of: Case, fault: (into: FileBatch, line: number, state: string) => string | undefined): Case {
  const opened: Source["open"] = (path, before, into) => {
    const parser = of.source.open(path, before, into);
    let lines = 0;
    let changed: string | undefined;
    return {
      line(bytes, start, end, offset) {
        parser.line(bytes, start, end, offset);
        changed = fault(into, lines++, parser.state());
      },
      state: () => changed ?? parser.state(),
    };
  };
  return { ...of, source: { ...of.source, open: opened }, fast: opened };
}

describe.each(CASES)("the checks find a fault in source $name", (of) => {
  test("V3 a reader that throws, and one that loses a line in silence", () => {
    const throwing = faulty(of, (into) => {
      if (into.rejects.length > 0) throw new Error("planted");
      return undefined;
    });
    expect(() => checkPrefixes(throwing)).toThrow("planted");
    const silent = faulty(of, (into) => {
      into.rejects.length = 0;
      return undefined;
    });
    expect(() => checkPrefixes(silent)).toThrow("is lost");
  });

  test("V4 a reader with rows that depend on what it was opened with", () => {
    const counting = faulty(of, (into, line) => {
      for (const event of into.events)
        event.event_id = event.event_id.replace(/#\d+$/, "").concat(`#${line}`);
      for (const request of into.requests) request.flags = line;
      return `{"line":${line}}`;
    });
    expect(() => checkRestarts(counting)).toThrow();
  });

  test("V5 a reader with ids that are made up each time", () => {
    let made = 0;
    const naming = faulty(of, (into) => {
      for (const event of into.events) event.event_id = `made-${made++}`;
      for (const request of into.requests) request.request_key = `made-${made++}`;
      return undefined;
    });
    expect(() => checkIds(naming)).toThrow();
  });

  test("V7 a cached token that is counted twice, and one that is counted as new input", () => {
    const wrong = (change: (usage: Usage) => void) => {
      const seen = new WeakSet<object>();
      return faulty(of, (into) => {
        for (const { usage } of into.requests) if (!seen.has(usage)) change(usage);
        for (const { usage } of into.requests) seen.add(usage);
        return undefined;
      });
    };
    const twice = wrong((usage) => (usage.uncached_input_tokens += usage.cache_read_input_tokens || 1));
    expect(() => checkCache(twice)).toThrow();
    const none = wrong((usage) => (usage.cache_read_input_tokens = usage.cache_read_input_tokens ? 0 : 1));
    expect(() => checkCache(none)).toThrow();
  });
});

describe.each(CASES.filter((of) => of.fast))("the checks find a fault in source $name", (of) => {
  test("V6 a fast path that leaves out a row, and one that leaves another state", () => {
    const forgetful = faulty(of, (into) => {
      into.requests.length = 0;
      return undefined;
    });
    expect(() => checkFastPath({ ...of, fast: forgetful.source.open })).toThrow();
    const stateful = faulty(of, (_, __, state) => `${state} `);
    expect(() => checkFastPath({ ...of, fast: stateful.source.open })).toThrow();
  });
});

test("V7 each agent was recorded with tokens from the cache", () => {
  for (const of of CASES.filter(({ name }) => isVendor(name))) {
    const cached = of.files
      .flatMap((file) => read(of, file).requests)
      .map((r) => r.usage.cache_read_input_tokens);
    expect([of.name, cached.some((tokens) => tokens > 0)]).toEqual([of.name, true]);
  }
});

describe("source plan", () => {
  const folder = mkdtempSync(join(tmpdir(), "hall-plan-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const whole = readFileSync(join(FIXTURES, "plans/founding/manifest.jsonl"));
  const at = (bytes: Uint8Array) => {
    const path = join(folder, "manifest.jsonl");
    writeFileSync(path, bytes);
    const { features, rejects, hash } = readManifest(path)!;
    return { features, rejects, hash };
  };

  test("V3 no prefix of a recorded manifest makes the reader throw, nor is a line lost in silence", () => {
    for (let cut = 1; cut < whole.length; cut += 97) {
      const { features, rejects } = at(whole.subarray(0, cut));
      const lines = whole
        .subarray(0, cut)
        .toString("latin1")
        .split("\n")
        .filter((line) => line.trim() !== "");
      expect((features?.length ?? 0) + rejects.length).toBe(lines.length);
    }
  });

  test("V5 the same manifest read twice gives the same ids", () => {
    expect(at(whole).features!.length).toBeGreaterThan(0);
    expect(at(whole)).toEqual(at(whole));
  });

  test("V4 a manifest that is read after every line gives what it gives at once", () => {
    const lines = whole.toString("utf8").split("\n");
    let last: unknown;
    for (let n = 1; n <= lines.length; n++) last = at(Buffer.from(lines.slice(0, n).join("\n")));
    expect(last).toEqual(at(whole));
  });
});
