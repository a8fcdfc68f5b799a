/** What a demo shows and what it expected. */
import type { Limits } from "../schema/api-limits.ts";

export type Expectation = { id: string; what: string; ok: boolean; got: unknown; wanted: unknown };
export type Shown = {
  title: string;
  dials: Pick<Limits["dials"][number], "dial" | "state" | "used_percent">[];
};
export type Report = ReturnType<typeof createReport>;

export function createReport(print: (line: string) => void) {
  const expectations: Expectation[] = [];
  const shown: Shown[] = [];
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    print(line);
  };
  const isOk = () => expectations.length > 0 && expectations.every((e) => e.ok);
  return {
    title: (text: string) => write(`\n${text}`),
    note: (text: string) => write(`    ${text}`),
    /** One expectation: `id` is the row of the specification that it shows. */
    expect(id: string, what: string, got: unknown, wanted: unknown): void {
      const ok = Bun.deepEquals(got, wanted, true);
      expectations.push({ id, what, ok, got, wanted });
      write(`  ${ok ? "ok  " : "FAIL"} ${id}  ${what}`);
      if (!ok) write(`       got ${JSON.stringify(got)}\n       not ${JSON.stringify(wanted)}`);
    },
    dials(title: string, dials: Limits["dials"]): void {
      shown.push({
        title,
        dials: dials.map(({ dial, state, used_percent, pace_ratio, reset_seconds, age_seconds }) => ({
          dial,
          state,
          used_percent,
          pace_ratio,
          reset_seconds,
          age_seconds,
        })),
      });
      for (const dial of dials) write(`       ${dialLine(dial)}`);
    },
    lines: () => lines.join("\n"),
    result: () => ({ ok: isOk(), expectations, dials: shown }),
    sentence(): string {
      const failed = expectations.filter((e) => !e.ok).length;
      return `\n${failed === 0 ? "all" : `${failed} of`} ${expectations.length} expectations ${failed === 0 ? "held" : "did not hold"}`;
    },
  };
}

function dialLine(dial: Limits["dials"][number]): string {
  const name = dial.dial.padEnd(3);
  if (dial.used_percent === null) return `${name} N/A (${dial.state.replaceAll("_", " ")})`;
  const pace = dial.pace_ratio === null ? "no pace" : `pace ${dial.pace_ratio.toFixed(2)}`;
  const reset = dial.reset_seconds === null ? "no reset" : `resets in ${hours(dial.reset_seconds)}`;
  return `${name}${`${dial.used_percent} %`.padStart(6)}  ${pace}  ${reset}  ${dial.state}, read ${hours(dial.age_seconds ?? 0)} ago`;
}

function hours(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
