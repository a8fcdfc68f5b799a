import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { PlanDetail, PlanGraph } from "../../../schema/api-plans.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { route, setQuery } from "../route.ts";
import { useResource } from "../use-resource.ts";
import { type Box, type Edge, kinOf, type Layout, layOut, neighbour } from "./graph-layout.ts";
import { FRESH_FILES, STATUSES } from "./status.tsx";

/** More boxes than this are no picture any more; the table below has them all. */
const MOST = 150;
const KEYS = new Set(["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"]);

/** What depends on what, from left to right. */
export function Graph({ plan }: { plan: PlanDetail }) {
  const params = { name: plan.plan_key };
  const { data, fault } = useResource("GET /api/plans/:name/graph", { params }, FRESH_FILES);
  const isLarge = (data?.nodes.length ?? 0) > MOST;
  return (
    <section class="card" aria-labelledby="graph-title">
      <h2 id="graph-title">
        Dependencies
        <span class="graph-keys">
          <span class="key is-critical">critical path</span>
        </span>
      </h2>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={5} />}
      {isLarge && (
        <p class="muted">The graph shows up to {MOST} features. The table below lists all of them.</p>
      )}
      {data && !isLarge && <Drawing graph={data} />}
      {data && data.critical_path.length === 0 && (
        <p class="bad">The dependencies form a cycle, so there is no order to work in.</p>
      )}
    </section>
  );
}

function Drawing({ graph }: { graph: PlanGraph }) {
  const layout = useMemo(() => layOut(graph), [graph]);
  const at = useSignal("");
  const pointed = useSignal("");
  const box = useRef<HTMLElement>(null);
  const chosen = route.value.query.feature ?? "";
  const lit = pointed.value || at.value || chosen;
  const kin = useMemo(() => (lit === "" ? undefined : kinOf(graph.edges, lit)), [graph, lit]);
  const byId = new Map(graph.nodes.map((n) => [n.id, n]));
  const first = layout.boxes.find((b) => b.id === (at.value || chosen)) ?? layout.boxes[0];
  const move = (event: KeyboardEvent, from: Box) => {
    if (!KEYS.has(event.key)) return;
    event.preventDefault();
    const { id } = neighbour(layout, from, event.key);
    box.current?.querySelector<HTMLElement>(`[data-feature="${CSS.escape(id)}"]`)?.focus();
  };
  const { width, height } = layout;
  return (
    <div class="graph-scroll">
      <section
        class={`graph ${kin ? "is-lit" : ""} ${layout.box.width < 140 ? "is-dense" : ""}`}
        ref={box}
        style={{ width: `${width}px`, height: `${height}px` }}
        aria-label="Features from left to right by what they depend on. Arrow keys move between them."
      >
        <Lines layout={layout} kin={kin} />
        {layout.boxes.map((b) => (
          <Node
            key={b.id}
            of={b}
            layout={layout}
            node={byId.get(b.id)!}
            depends_on={graph.edges.filter((e) => e.to === b.id).map((e) => e.from)}
            is_lit={kin?.has(b.id) ?? false}
            is_chosen={chosen === b.id}
            is_entry={first?.id === b.id}
            is_critical={graph.critical_path.includes(b.id)}
            point={(id) => {
              pointed.value = id;
            }}
            enter={(id) => {
              at.value = id;
            }}
            move={move}
          />
        ))}
      </section>
    </div>
  );
}

function Lines({ layout, kin }: { layout: Layout; kin: Set<string> | undefined }) {
  const path = ({ from, to }: Edge) => {
    const [x1, y1] = [from.x + layout.box.width, from.y + layout.box.height / 2];
    const [x2, y2] = [to.x, to.y + layout.box.height / 2];
    const bend = Math.max(16, (x2 - x1) / 2);
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  };
  return (
    <svg width={layout.width} height={layout.height} aria-hidden="true">
      {layout.edges.map((e) => (
        <path
          key={`${e.from.id} ${e.to.id}`}
          d={path(e)}
          class={`${e.is_critical ? "is-critical" : ""} ${kin?.has(e.from.id) && kin.has(e.to.id) ? "is-kin" : ""}`}
        />
      ))}
    </svg>
  );
}

type NodeProps = {
  of: Box;
  layout: Layout;
  node: PlanGraph["nodes"][number];
  depends_on: string[];
  is_lit: boolean;
  is_chosen: boolean;
  is_entry: boolean;
  is_critical: boolean;
  point(id: string): void;
  enter(id: string): void;
  move(event: KeyboardEvent, from: Box): void;
};

function Node(props: NodeProps) {
  const { of, layout, node, depends_on } = props;
  const { glyph, word } = STATUSES[node.status];
  const needs = depends_on.length === 0 ? "depends on nothing" : `depends on ${depends_on.join(", ")}`;
  const open = () => {
    setQuery({ feature: props.is_chosen ? "" : node.id });
    document.getElementById(`feature-${node.id}`)?.scrollIntoView({ block: "nearest" });
  };
  return (
    <button
      type="button"
      class={`node is-${node.status} ${props.is_lit ? "is-kin" : ""} ${props.is_critical ? "is-critical" : ""}`}
      style={{
        left: `${of.x}px`,
        top: `${of.y}px`,
        width: `${layout.box.width}px`,
        height: `${layout.box.height}px`,
      }}
      tabIndex={props.is_entry ? 0 : -1}
      aria-pressed={props.is_chosen}
      aria-label={`${node.id} ${node.description}, ${word.toLowerCase()}, ${needs}`}
      data-feature={node.id}
      data-tip={`${node.id} ${node.description} · ${word.toLowerCase()}`}
      onClick={open}
      onKeyDown={(event) => props.move(event, of)}
      onFocus={() => props.enter(node.id)}
      onBlur={() => props.enter("")}
      onPointerEnter={() => props.point(node.id)}
      onPointerLeave={() => props.point("")}
    >
      <span class="node-id">
        <span class="node-glyph" aria-hidden="true">
          {glyph}
        </span>{" "}
        <bdi class="mono">{node.id}</bdi>
      </span>{" "}
      <bdi class="node-what clip">{node.description}</bdi>
    </button>
  );
}
