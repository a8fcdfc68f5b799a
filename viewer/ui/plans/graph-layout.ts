import type { PlanGraph } from "../../../schema/api-plans.ts";

export type Box = { id: string; x: number; y: number; column: number };
export type Edge = { from: Box; to: Box; is_critical: boolean };
export type Layout = { boxes: Box[]; edges: Edge[]; width: number; height: number; box: Size };
type Size = { width: number; height: number };

/** A small plan has room for its descriptions, a large one is still seen whole. */
const SIZES: { up_to: number; box: Size; gap: Size }[] = [
  { up_to: 14, box: { width: 184, height: 46 }, gap: { width: 56, height: 12 } },
  { up_to: 30, box: { width: 152, height: 44 }, gap: { width: 44, height: 8 } },
  { up_to: Number.POSITIVE_INFINITY, box: { width: 120, height: 38 }, gap: { width: 26, height: 6 } },
];
const SWEEPS = 4;
const EDGE = 2;
const TALL = 10;

/** Columns by layer; within one each feature is as close to its neighbours as the others allow. */
export function layOut(graph: Pick<PlanGraph, "nodes" | "edges" | "layers" | "critical_path">): Layout {
  const { box, gap } = SIZES.find(({ up_to }) => graph.nodes.length <= up_to)!;
  const edges = withoutShortcuts(graph);
  const columns = graph.layers.map((ids) => [...ids]);
  arrange(columns, edges);
  const tallest = Math.max(1, ...columns.map((ids) => ids.length));
  const step = { x: box.width + gap.width, y: box.height + gap.height };
  const boxes = new Map<string, Box>();
  for (const [column, ids] of columns.entries())
    for (const [row, id] of ids.entries()) {
      // A tall column would leave the others far below the top.
      const room = tallest > TALL ? 0 : (tallest - ids.length) / 2;
      const y = EDGE + (row + room) * step.y;
      boxes.set(id, { id, x: EDGE + column * step.x, y, column });
    }
  const path = graph.critical_path;
  return {
    box,
    boxes: [...boxes.values()],
    edges: edges.flatMap(({ from, to }) => {
      const ends = [boxes.get(from), boxes.get(to)];
      const is_critical = path.includes(from) && path[path.indexOf(from) + 1] === to;
      return ends[0] && ends[1] ? [{ from: ends[0], to: ends[1], is_critical }] : [];
    }),
    width: 2 * EDGE + columns.length * step.x - gap.width,
    height: 2 * EDGE + tallest * step.y - gap.height,
  };
}

type Line = { from: string; to: string };

/** A line that others imply would only cover them. In a circle every line is kept. */
function withoutShortcuts({ nodes, edges }: Pick<PlanGraph, "nodes" | "edges">): Line[] {
  const layer = new Map(nodes.map((n) => [n.id, n.layer]));
  const parents = Map.groupBy(edges, (e) => e.to);
  const above = new Map<string, Set<string>>();
  for (const { id } of nodes.toSorted((a, b) => a.layer - b.layer)) {
    const all = new Set<string>();
    for (const { from } of parents.get(id) ?? []) {
      all.add(from);
      for (const further of above.get(from) ?? []) all.add(further);
    }
    above.set(id, all);
  }
  return edges.filter(
    ({ from, to }) =>
      !(parents.get(to) ?? []).some(
        (other) =>
          other.from !== from &&
          (layer.get(other.from) ?? 0) < (layer.get(to) ?? 0) &&
          above.get(other.from)?.has(from),
      ),
  );
}

/** Sorts each column by where its neighbours are, to and fro, so that fewer lines cross. */
function arrange(columns: string[][], edges: Line[]): void {
  const before = Map.groupBy(edges, (e) => e.to);
  const behind = Map.groupBy(edges, (e) => e.from);
  const place = new Map<string, number>();
  const note = (ids: string[]) => {
    for (const [row, id] of ids.entries()) place.set(id, (row + 0.5) / ids.length);
  };
  columns.forEach(note);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const ids of isForth ? columns : columns.toReversed()) {
      const mean = new Map(
        ids.map((id) => {
          const near = isForth ? before.get(id)?.map((e) => e.from) : behind.get(id)?.map((e) => e.to);
          const places = (near ?? []).map((other) => place.get(other) ?? 0.5);
          const own = place.get(id) ?? 0.5;
          return [id, places.length === 0 ? own : places.reduce((a, b) => a + b, 0) / places.length];
        }),
      );
      ids.sort((a, b) => mean.get(a)! - mean.get(b)!);
      note(ids);
    }
  }
}

/** Which box an arrow key leads to; the same one where there is none in that direction. */
export function neighbour({ boxes, edges }: Layout, from: Box, key: string): Box {
  const nearest = (among: Box[]) =>
    among.toSorted(
      (a, b) =>
        Math.abs(a.column - from.column) - Math.abs(b.column - from.column) ||
        Math.abs(a.y - from.y) - Math.abs(b.y - from.y),
    )[0];
  const column = boxes.filter((b) => b.column === from.column).toSorted((a, b) => a.y - b.y);
  const at = column.findIndex((b) => b.id === from.id);
  if (key === "ArrowDown") return column[at + 1] ?? from;
  if (key === "ArrowUp") return column[at - 1] ?? from;
  if (key === "Home") return boxes[0] ?? from;
  if (key === "End") return boxes.at(-1) ?? from;
  const isRight = key === "ArrowRight";
  const linked = edges.flatMap((e) =>
    isRight ? (e.from.id === from.id ? [e.to] : []) : e.to.id === from.id ? [e.from] : [],
  );
  return (
    nearest(linked) ?? nearest(boxes.filter((b) => b.column === from.column + (isRight ? 1 : -1))) ?? from
  );
}

/** A feature with all that it depends on and all that depends on it. */
export function kinOf(edges: Line[], id: string): Set<string> {
  const kin = new Set([id]);
  const follow = (next: (e: Line, at: string) => string | undefined) => {
    const open = [id];
    for (let at = open.pop(); at !== undefined; at = open.pop())
      for (const e of edges) {
        const other = next(e, at);
        if (other === undefined || kin.has(other)) continue;
        kin.add(other);
        open.push(other);
      }
  };
  follow((e, at) => (e.to === at ? e.from : undefined));
  follow((e, at) => (e.from === at ? e.to : undefined));
  return kin;
}
