import { keyOf, type StoryRequest, type StoryThread, timesOf } from "./story.ts";

/**
 * The kinds of waste once more, from what was written and not from what was stored: by comparing everything with
 * everything, with prices and sizes of its own.
 */
export type Model = {
  plain: number;
  m5: number;
  h1: number;
  read: number;
  out: number;
  context: number;
  cheaper?: string;
};
/** In nano-USD per token, with the size of the context. */
export const MODELS: Readonly<Record<string, Model>> = {
  "claude-opus-4-1": {
    plain: 15_000,
    m5: 18_750,
    h1: 30_000,
    read: 1500,
    out: 75_000,
    context: 200_000,
    cheaper: "claude-sonnet-4-6",
  },
  "claude-sonnet-4-6": { plain: 3000, m5: 3750, h1: 6000, read: 300, out: 15_000, context: 1_000_000 },
  "claude-haiku-4-5": { plain: 1000, m5: 1250, h1: 2000, read: 100, out: 5000, context: 200_000 },
};
const CENT = 10_000_000;
const HOUR = 3_600_000;
const READERS = ["Read", "Grep"];
const KINDS = ["repeated_failures", "retries", "large_results", "near_limit", "unread_writes", "agent_model"];

type Part = { key: string; part: "all" | "read" | "write"; nano: number; cost: number };
type Found = { kind: string; what: string; parts: Part[]; less: number };
type Cause = { kind: string; what: string; nano: number; counted: number };

export const inputOf = (r: StoryRequest) => r.plain + r.m5 + r.h1 + r.read;
const costAt = (r: StoryRequest, m: Model) =>
  r.plain * m.plain + r.m5 * m.m5 + r.h1 * m.h1 + r.read * m.read + r.out * m.out;
const model = (r: StoryRequest) => MODELS[r.model]!;
const costOf = (r: StoryRequest) => costAt(r, model(r));
const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

export function totalCost(threads: StoryThread[]): number {
  return sum(threads.flatMap((t) => t.requests.map(costOf)));
}

/** Causes of at least a cent, as the answer of the route has them. */
export function bruteForce(threads: StoryThread[], now: number): Cause[] {
  const found = threads.flatMap((t) => [
    ...loops(t),
    ...again(t),
    ...large(t),
    ...sameAgain(t),
    ...near(t),
    ...unread(t, threads, now),
    ...dear(t),
  ]);
  const causes = new Map<string, Cause & { found: Found[] }>();
  for (const f of found) {
    const id = `${f.kind} ${f.what}`;
    const cause = causes.get(id) ?? { kind: f.kind, what: f.what, nano: 0, counted: 0, found: [] };
    cause.nano += sum(f.parts.map((p) => p.nano)) - f.less;
    cause.found.push(f);
    causes.set(id, cause);
  }
  const kept = [...causes.values()].filter((c) => c.nano >= CENT);
  kept.sort((a, b) => b.nano - a.nano || (a.what < b.what ? -1 : 1));
  count(kept);
  return kept.map(({ found: _, ...cause }) => cause);
}

/** Request by request and kind by kind, by its own bookkeeping: how much each kind may still take. */
function count(causes: (Cause & { found: Found[] })[]): void {
  const used = new Map<string, { all: number; read: number; write: number }>();
  for (const kind of KINDS) {
    const before = structuredClone(used);
    const want = new Map<string, number>();
    for (const cause of causes.filter((c) => c.kind === kind))
      for (const f of cause.found) {
        let got = 0;
        for (const { key, part, nano, cost } of f.parts) {
          const was = before.get(key) ?? { all: 0, read: 0, write: 0 };
          const place = `${key} ${part}`;
          const block = part === "all" ? was.all + was.read + was.write : was.all + was[part];
          const wanted = want.get(place) ?? 0;
          want.set(place, wanted + nano);
          const now = used.get(key) ?? { all: 0, read: 0, write: 0 };
          const free = cost - now.all - now.read - now.write;
          const share = Math.min(free, Math.max(0, wanted + nano - block) - Math.max(0, wanted - block));
          now[part] += share;
          used.set(key, now);
          got += share;
        }
        cause.counted += Math.max(0, got - f.less);
      }
  }
}

const whole = (t: StoryThread, i: number): Part => {
  const cost = costOf(t.requests[i]!);
  return { key: keyOf(t, i), part: "all", nano: cost, cost };
};

type Made = { i: number; n: number; fails: boolean; tool: string; id: string };
function loops(t: StoryThread): Found[] {
  const calls: Made[] = t.requests.flatMap((r, i) =>
    r.calls.map((c, n) => ({ i, n, fails: c.fails, tool: c.tool, id: `${c.tool}: ${c.argument}` })),
  );
  const turn = (c: Made) => t.requests[c.i]!.turn;
  const found: Found[] = [];
  const seen = new Set<number>();
  calls.forEach((first, a) => {
    if (!first.fails || seen.has(a)) return;
    const own = [a];
    for (let b = a + 1; b < calls.length; b++) {
      const next = calls[b]!;
      if (turn(next) !== turn(first)) break;
      if (!next.fails && (!READERS.includes(next.tool) || next.id === first.id)) break;
      if (next.fails && next.id === first.id) own.push(b);
    }
    for (const place of own) seen.add(place);
    if (own.length < 3) return;
    const last = calls[own.at(-1)!]!;
    const parts = t.requests.flatMap((_, i) => (i > first.i && i <= last.i ? [whole(t, i)] : []));
    if (parts.length > 0) found.push({ kind: "repeated_failures", what: first.id, parts, less: 0 });
  });
  return found;
}

function again(t: StoryThread): Found[] {
  const times = timesOf(t);
  return t.requests.flatMap((r, i): Found[] => {
    const next = t.requests[i + 1];
    const isSame =
      next !== undefined &&
      [next.model, next.turn, inputOf(next)].join() === [r.model, r.turn, inputOf(r)].join() &&
      inputOf(r) >= 1024 &&
      r.out > 0 &&
      r.calls.length === 0 &&
      times[i + 1]! - times[i]! <= 600_000;
    return isSame ? [{ kind: "retries", what: r.model, parts: [whole(t, i)], less: 0 }] : [];
  });
}

function large(t: StoryThread): Found[] {
  return t.requests.flatMap((r, i): Found[] => {
    const last = t.requests[i - 1];
    if (!last || last.turn !== r.turn || last.calls.length === 0) return [];
    const from = inputOf(last) + last.out;
    const tokens = Math.min(inputOf(r) - from, sum(last.calls.map((c) => c.chars)));
    if (tokens < 10_000) return [];
    const parts: Part[] = [];
    for (let j = i + 1; j < t.requests.length && inputOf(t.requests[j]!) >= from + tokens; j++) {
      const later = t.requests[j]!;
      const read = Math.min(later.read, from + tokens) - from;
      const nano = read * model(later).read;
      if (read > 0) parts.push({ key: keyOf(t, j), part: "read", nano, cost: costOf(later) });
    }
    const most = Math.max(...last.calls.map((c) => c.chars));
    const { tool, argument } = last.calls.find((c) => c.chars === most)!;
    return parts.length < 10 ? [] : [{ kind: "large_results", what: `${tool}: ${argument}`, parts, less: 0 }];
  });
}

/** The n-th call of request i is answered in the prompt of the next one; 0 where its tokens are not known. */
function resultTokens(t: StoryThread, i: number, n: number): number {
  const [r, next] = [t.requests[i]!, t.requests[i + 1]];
  if (!next || next.turn !== r.turn || r.calls[n]!.fails) return 0;
  const chars = sum(r.calls.map((c) => c.chars));
  const tokens = Math.min(inputOf(next) - inputOf(r) - r.out, chars);
  return tokens < 2000 ? 0 : Math.floor((tokens * r.calls[n]!.chars) / chars);
}

function sameAgain(t: StoryThread): Found[] {
  const all = t.requests.flatMap((r, i) => r.calls.map((c, n) => ({ i, c, tokens: resultTokens(t, i, n) })));
  const came = all.filter((a) => a.tokens >= 2000);
  const name = ({ c }: (typeof came)[number]) => [c.tool, c.argument, c.chars].join();
  // By the first one since the prompt was last shorter than that one's place in it.
  const firsts = new Map<string, number>();
  const parts = new Map<string, Part[]>();
  for (const one of came) {
    const at = one.i + 1;
    const first = firsts.get(name(one));
    const end = first === undefined ? 0 : resultEnd(t, first);
    const isHeld = first !== undefined && t.requests.slice(first + 1, at + 1).every((r) => inputOf(r) >= end);
    if (!isHeld) {
      firsts.set(name(one), one.i);
      continue;
    }
    const r = t.requests[at]!;
    const plain = Math.min(one.tokens, r.plain);
    const m5 = Math.min(one.tokens - plain, r.m5);
    const h1 = Math.min(one.tokens - plain - m5, r.h1);
    const nano = plain * model(r).plain + m5 * model(r).m5 + h1 * model(r).h1;
    if (nano > 0)
      parts.set(name(one), [
        ...(parts.get(name(one)) ?? []),
        { key: keyOf(t, at), part: "write", nano, cost: costOf(r) },
      ]);
  }
  return [...parts].map(([key, own]) => {
    const [tool, argument] = key.split(",");
    return { kind: "large_results", what: `${tool}: ${argument}`, parts: own, less: 0 };
  });
}

function resultEnd(t: StoryThread, i: number): number {
  const [r, next] = [t.requests[i]!, t.requests[i + 1]!];
  const from = inputOf(r) + r.out;
  return from + Math.min(inputOf(next) - from, sum(r.calls.map((c) => c.chars)));
}

function near(t: StoryThread): Found[] {
  const isNear = (i: number) => {
    const r = t.requests[i];
    return r !== undefined && inputOf(r) * 10 > model(r).context * 8;
  };
  const isSame = (i: number) => t.requests[i - 1]?.model === t.requests[i]?.model;
  return t.requests.flatMap((first, a): Found[] => {
    if (!isNear(a) || (isNear(a - 1) && isSame(a))) return [];
    let b = a + 1;
    while (isNear(b) && isSame(b)) b++;
    const left = model(first).context / 2;
    const rows = t.requests.slice(a, b);
    const parts = rows.flatMap((r, n): Part[] => {
      const tokens = Math.min(r.read, inputOf(r) - left);
      const nano = tokens * model(r).read;
      return tokens > 0 ? [{ key: keyOf(t, a + n), part: "read", nano, cost: costOf(r) }] : [];
    });
    const write = first.h1 > 0 ? model(first).h1 : model(first).m5;
    const less = inputOf(first) * model(first).read + left * write;
    const isWorth = rows.length > 1 && sum(parts.map((p) => p.nano)) > less;
    return isWorth ? [{ kind: "near_limit", what: first.model, parts, less }] : [];
  });
}

function unread(t: StoryThread, threads: StoryThread[], now: number): Found[] {
  const times = timesOf(t);
  return t.requests.flatMap((r, i): Found[] => {
    if (r.h1 === 0 || times[i]! + HOUR >= now) return [];
    let best = 0;
    for (const other of threads) {
      const at = timesOf(other);
      other.requests.forEach((o, j) => {
        const before = other.requests[j - 1];
        const isOwn = other === t && j > i;
        const isForeign = o.read > (before ? before.read + before.h1 + before.m5 : 0);
        const isWithin = isOwn
          ? at[j]! <= times[i]! + HOUR
          : at[j]! > times[i]! && at[j]! <= times[i]! + HOUR;
        if ((isOwn || isForeign) && isWithin && o.model === r.model)
          best = Math.max(best, Math.min(o.read - r.read, r.h1));
      });
    }
    const nano = (r.h1 - best) * (model(r).h1 - model(r).plain);
    const parts: Part[] = [{ key: keyOf(t, i), part: "write", nano, cost: costOf(r) }];
    return nano > 0 ? [{ kind: "unread_writes", what: r.model, parts, less: 0 }] : [];
  });
}

function dear(t: StoryThread): Found[] {
  const byWhat = new Map<string, Part[]>();
  t.requests.forEach((r, i) => {
    const { cheaper } = model(r);
    if (t.agent === undefined || cheaper === undefined) return;
    const nano = costOf(r) - costAt(r, MODELS[cheaper]!);
    const what = `sub-agent: ${r.model} instead of ${cheaper}`;
    if (nano > 0) byWhat.set(what, [...(byWhat.get(what) ?? []), { ...whole(t, i), nano }]);
  });
  return [...byWhat].map(([what, parts]) => ({ kind: "agent_model", what, parts, less: 0 }));
}
