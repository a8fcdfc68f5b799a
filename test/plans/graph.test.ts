import { expect, test } from "bun:test";
import fc from "fast-check";
import { criticalPath, cycles, layersOf, reachable } from "../../store/plans/graph.ts";

const node = (id: string, ...depends_on: string[]) => ({ id, depends_on });
const diamond = [node("A"), node("B", "A"), node("C", "A"), node("D", "B", "C")];

test("F021 layers follow the deepest dependency; an unknown one counts for nothing", () => {
  expect(Object.fromEntries(layersOf([...diamond, node("E", "D", "nowhere")]))).toEqual({
    A: 0,
    B: 1,
    C: 1,
    D: 2,
    E: 3,
  });
  expect([...layersOf([node("X", "Y"), node("Y", "X"), node("Z")])]).toEqual([
    ["Z", 0],
    ["X", 1],
    ["Y", 1],
  ]);
});

test("F021 the critical path is the heaviest chain, and a circle leaves none", () => {
  expect(criticalPath(diamond, (id) => (id === "C" ? 5 : 1))).toEqual(["A", "C", "D"]);
  expect(criticalPath(diamond, () => 1)).toEqual(["A", "B", "D"]);
  expect(criticalPath([node("A", "B"), node("B", "A")], () => 1)).toEqual([]);
  expect(criticalPath([], () => 1)).toEqual([]);
});

test("F021 ten thousand features in one chain take no stack", () => {
  const chain = Array.from({ length: 10_000 }, (_, i) => node(`F${i}`, ...(i > 0 ? [`F${i - 1}`] : [])));
  expect(cycles(chain)).toEqual([]);
  expect(reachable(chain, "F9999").size).toBe(9999);
});

test("F021 random graphs: every node that reaches itself is in a circle that is found, and no other", () => {
  const ids = ["A", "B", "C", "D", "E", "F"];
  const graph = fc
    .array(fc.subarray(ids), { minLength: 6, maxLength: 6 })
    .map((d) => ids.map((id, i) => node(id, ...(d[i] ?? []))));
  fc.assert(
    fc.property(graph, (nodes) => {
      const found = cycles(nodes);
      const looping = ids.filter((id) => reachable(nodes, id).has(id));
      expect(found.length > 0).toBe(looping.length > 0);
      for (const circle of found)
        for (const [i, id] of circle.entries())
          expect(nodes.find((n) => n.id === id)?.depends_on).toContain(circle[(i + 1) % circle.length]!);
      if (found.length > 0) return;
      const layers = layersOf(nodes);
      for (const n of nodes)
        for (const on of n.depends_on) expect(layers.get(on)!).toBeLessThan(layers.get(n.id)!);
    }),
  );
});
