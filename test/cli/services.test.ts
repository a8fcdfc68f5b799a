import { describe, expect, test } from "bun:test";
import { runServices, type Service, service } from "../../cli/services.ts";

/** Services that write down what happens to them. */
function world() {
  const seen: string[] = [];
  const reports: string[] = [];
  const calm = (name: string): Service => ({
    name,
    start: () => void seen.push(`start ${name}`),
    stop: () => void seen.push(`stop ${name}`),
  });
  return { seen, reports, calm, report: (detail: string) => void reports.push(detail) };
}

describe("S7 the services of the daemon", () => {
  test("S7 start in order and stop in the reverse order", async () => {
    const { seen, reports, calm, report } = world();
    const ended = Promise.withResolvers<void>();
    const middle = service("b", () => {
      seen.push("start b");
      return () => void seen.push("stop b");
    });
    const running = runServices(
      [calm("a"), middle, { name: "nothing to do" }, calm("c")],
      ended.promise,
      report,
    );
    ended.resolve();
    await running;
    expect(seen).toEqual(["start a", "start b", "start c", "stop c", "stop b", "stop a"]);
    expect(reports).toEqual([]);
  });

  test("S7 one that fails to stop, at once, later or never, is reported and holds up no other", async () => {
    const { seen, reports, calm, report } = world();
    const failing: Service[] = [
      {
        name: "at once",
        stop: () => {
          throw new Error("no disk");
        },
      },
      { name: "later", stop: () => Promise.reject(new Error("no lock")) },
      { name: "never", stop: () => new Promise(() => {}), stop_ms: 1 },
    ];
    await runServices([calm("first"), ...failing, calm("last")], Promise.resolve(), report);
    expect(seen).toEqual(["start first", "start last", "stop last", "stop first"]);
    expect(reports).toEqual([
      "never did not stop within 1 ms",
      "later did not stop: no lock",
      "at once did not stop: no disk",
    ]);
  });

  test("S7 where one fails to start, those before it and what of it had begun are stopped", async () => {
    const { seen, calm, report } = world();
    const broken: Service = {
      ...calm("broken"),
      start: () => Promise.reject(new Error("the port is refused")),
    };
    const running = runServices([calm("a"), broken, calm("z")], Promise.resolve(), report);
    await expect(running).rejects.toThrow("the port is refused");
    expect(seen).toEqual(["start a", "stop broken", "stop a"]);
  });
});
