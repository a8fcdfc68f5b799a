/** The fields of a feature that define the graph. */
export type GraphNode = { id: string; depends_on: readonly string[] };

/** All that a feature depends on, directly or not; without itself unless a cycle leads back. */
export function reachable(nodes: readonly GraphNode[], from: string): Set<string> {
  const byId = new Map(nodes.map((n) => [n.id, n]));
  const seen = new Set<string>();
  const open = [...(byId.get(from)?.depends_on ?? [])];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(byId.get(id)?.depends_on ?? []));
  }
  return seen;
}

/** Each cycle once, from its smallest id. */
export function cycles(nodes: readonly GraphNode[]): string[][] {
  const byId = new Map(nodes.map((n) => [n.id, n]));
  const done = new Set<string>();
  const found = new Map<string, string[]>();
  for (const { id: root } of nodes) {
    const path: string[] = [];
    const onPath = new Map<string, number>();
    const stack: { id: string; next: number }[] = [{ id: root, next: 0 }];
    while (stack.length > 0) {
      const frame = stack.at(-1)!;
      if (frame.next === 0) {
        if (done.has(frame.id)) {
          stack.pop();
          continue;
        }
        onPath.set(frame.id, path.length);
        path.push(frame.id);
      }
      const child = byId.get(frame.id)?.depends_on[frame.next++];
      if (child === undefined) {
        stack.pop();
        done.add(frame.id);
        onPath.delete(frame.id);
        path.pop();
      } else if (onPath.has(child)) {
        const circle = fromSmallest(path.slice(onPath.get(child)));
        found.set(circle.join(" "), circle);
      } else if (byId.has(child)) stack.push({ id: child, next: 0 });
    }
  }
  return [...found.values()];
}

function fromSmallest(circle: string[]): string[] {
  const at = circle.indexOf(circle.toSorted()[0] ?? "");
  return [...circle.slice(at), ...circle.slice(0, at)];
}

/**
 * The layer of each feature: 0 without dependencies, else one more than the deepest of them. Features in or after a
 * cycle have the layer after all others.
 */
export function layersOf(nodes: readonly GraphNode[]): Map<string, number> {
  const layers = new Map<string, number>();
  const ids = new Set(nodes.map((n) => n.id));
  let open = [...nodes];
  for (let layer = 0; open.length > 0; layer++) {
    const ready = open.filter((n) => n.depends_on.every((id) => !ids.has(id) || layers.has(id)));
    const now = ready.length > 0 ? ready : open;
    const earlier = new Set(layers.keys());
    for (const n of now)
      if (ready.length === 0 || n.depends_on.every((id) => !ids.has(id) || earlier.has(id)))
        layers.set(n.id, layer);
    open = open.filter((n) => !layers.has(n.id));
  }
  return layers;
}

/** The chain of dependencies that takes longest; ties go to the smaller id. Empty if there is a cycle. */
export function criticalPath(nodes: readonly GraphNode[], weight: (id: string) => number): string[] {
  if (cycles(nodes).length > 0) return [];
  const layers = layersOf(nodes);
  const best = new Map<string, { sum: number; before: string | undefined }>();
  const longer = (a: string | undefined, b: string) => {
    const [x, y] = [a === undefined ? -1 : (best.get(a)?.sum ?? -1), best.get(b)?.sum ?? -1];
    return y > x || (y === x && a !== undefined && b < a) ? b : a;
  };
  for (const n of nodes.toSorted((a, b) => (layers.get(a.id) ?? 0) - (layers.get(b.id) ?? 0))) {
    const before = n.depends_on.filter((id) => best.has(id)).reduce<string | undefined>(longer, undefined);
    const sum = (before === undefined ? 0 : (best.get(before)?.sum ?? 0)) + weight(n.id);
    best.set(n.id, { sum, before });
  }
  const path: string[] = [];
  let id = [...best.keys()].reduce<string | undefined>(longer, undefined);
  for (; id !== undefined; id = best.get(id)?.before) path.unshift(id);
  return path;
}
