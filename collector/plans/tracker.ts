import { existsSync, lstatSync } from "node:fs";
import { join, relative } from "node:path";
import type { CaptureSettings } from "../../schema/capture-settings.ts";
import type { PlanSettings } from "../../schema/config.ts";
import type { Reject } from "../../store/batch.ts";
import type { CommitResult } from "../../store/committer.ts";
import { CALL_END_MS } from "../../store/plans/calls.ts";
import type { PlanObservation } from "../../store/plans/observation.ts";
import type { KnownPlan } from "../../store/plans/store.ts";
import type { Store } from "../../store/store.ts";
import { capturePlan } from "./capture.ts";
import { type ReadManifest, readManifest } from "./manifest.ts";
import { type PlanPlaced, plansOf } from "./places.ts";
import { createProjectRoots } from "./project-roots.ts";

/** Events without signals are searched again after a restart. */
const STORED_EVERY = 1000;

/** A plan that differs from the last scan, and when that was. */
type Due = { placed: PlanPlaced; plan_key: string; scanned_unix_ms: number | null; is_watched: boolean };

/** `drop` gives up on a plan that the database rejects. */
export type PlanWork = { path?: string; store(): CommitResult; drop(): void };

type Options = { store: Store; settings: PlanSettings; capture: CaptureSettings; now: () => number };

/**
 * Follows plans by scanning their folders: each scan detects removals, moves and changes.
 * A change is stored once the tool call that made it is known, or when it is too old for one to come.
 */
export function createPlanTracker(options: Options) {
  const { store, settings, now } = options;
  const roots = createProjectRoots(store, settings);
  const known = createKnown(store);
  const waiting = createWaiting(options);
  const signals = createSignalSearch(store);
  let scanned = store.plans.scannedAt();
  let isFirst = true;

  function scanPlans(): void {
    const at = now();
    roots.refresh(at);
    waiting.compare(plansIn(roots.all(), settings, known.plans()), known.plans(), { at, scanned, isFirst });
    scanned = at;
    isFirst = false;
  }

  return {
    scanPlans,
    isOfPlan: roots.isOfPlan,
    watched: roots.watched,
    /** One transaction's worth of work; undefined when nothing is due. */
    next(): PlanWork | undefined {
      const at = now();
      // New plans are stored first.
      const hasNew = waiting.keys().some((key) => !known.plans().has(key));
      const store_signals = signals.next(hasNew);
      if (store_signals) {
        known.forget();
        return { store: store_signals, drop: () => {} };
      }
      const observed = waiting.next();
      if (!observed) return undefined;
      const { plan, rejects, done } = observed;
      return {
        path: plan.path,
        store() {
          const result = store.plans.put([plan], rejects, at);
          known.forget();
          done();
          return result;
        },
        drop: done,
      };
    },
  };
}

/** The plans as stored; read again after each write. This process is the only writer. */
function createKnown(store: Store) {
  let known: Map<string, KnownPlan> | undefined;
  return {
    plans(): ReadonlyMap<string, KnownPlan> {
      known ??= new Map(store.plans.known().map((p) => [p.plan_key, p]));
      return known;
    },
    forget(): void {
      known = undefined;
    },
  };
}

/** Searches stored events for signals about plans; returns the function that stores the found ones. */
function createSignalSearch(store: Store) {
  let searched = store.plans.searchedTo();
  let stored = searched;
  return {
    next(mustWait: boolean): (() => CommitResult) | undefined {
      const found = store.plans.nextSignals(searched);
      if (found.seq <= searched || mustWait) return undefined;
      searched = found.seq;
      if (found.signals.length === 0 && searched - stored <= STORED_EVERY) return undefined;
      stored = searched;
      return () => store.plans.putSignals(found);
    },
  };
}

type Scan = { at: number; scanned: number | null; isFirst: boolean };

/** Each plan of these projects by its key; of two folders with one key, the first. */
function plansIn(roots: readonly string[], settings: PlanSettings, known: ReadonlyMap<string, KnownPlan>) {
  const found = new Map<string, PlanPlaced>();
  for (const root of roots)
    for (const placed of plansOf(root, settings)) {
      const plan_key = keyOf(placed, known);
      if (!found.has(plan_key)) found.set(plan_key, placed);
    }
  return found;
}

/** Plans that differ from what was stored, until they are. */
function createWaiting({ store, settings, capture, now }: Options) {
  const started = now();
  const signatures = new Map<string, string>();
  const due = new Map<string, Due>();
  const gone = new Map<string, PlanObservation>();

  return {
    keys: () => due.keys(),
    compare(
      found: ReadonlyMap<string, PlanPlaced>,
      known: ReadonlyMap<string, KnownPlan>,
      { at, scanned, isFirst }: Scan,
    ): void {
      for (const [plan_key, placed] of found) {
        const signature = signatureOf(placed);
        if (signatures.get(plan_key) === signature) continue;
        signatures.set(plan_key, signature);
        const { scanned_unix_ms, is_watched } = due.get(plan_key) ?? {
          scanned_unix_ms: scanned,
          is_watched: !isFirst,
        };
        due.set(plan_key, { placed, plan_key, scanned_unix_ms, is_watched });
      }
      for (const plan of known.values()) {
        if (found.has(plan.plan_key) || plan.state === "deleted" || existsSync(plan.path)) continue;
        signatures.delete(plan.plan_key);
        due.delete(plan.plan_key);
        gone.set(plan.plan_key, toGone(plan, { at, scanned, isFirst }));
      }
    },
    /** The next storable plan: one at a time, so that a faulty one does not delay others. */
    next(): { plan: PlanObservation; rejects: Reject[]; done: () => void } | undefined {
      const [removed] = gone.values();
      if (removed) return { plan: removed, rejects: [], done: () => void gone.delete(removed.plan_key) };
      for (const one of due.values()) {
        const { plan, rejects } = observe(one, settings, started);
        if (plan.changed_unix_ms + CALL_END_MS > now() && !store.plans.isExplained(plan)) continue;
        return { ...capturePlan(plan, rejects, capture), done: () => void due.delete(one.plan_key) };
      }
      return undefined;
    },
  };
}

/** A plan without its folder is deleted; one in a project that is not scanned at any more only rests. */
function toGone(plan: KnownPlan, { at, scanned, isFirst }: Scan): PlanObservation {
  return {
    plan_key: plan.plan_key,
    project_path: plan.project_path,
    name: plan.name,
    path: plan.path,
    place: "gone",
    named_as: [],
    created_unix_ms: at,
    changed_unix_ms: at,
    scanned_unix_ms: scanned,
    is_watched: !isFirst,
    manifest_birth_unix_ms: null,
    manifest_inode: null,
    manifest_hash: null,
  };
}

function signatureOf({ place, path, manifest, plan_md }: PlanPlaced): string {
  const stamp = manifest && [manifest.size_bytes, manifest.mtime_unix_ms, manifest.inode];
  return JSON.stringify([place, path, stamp ?? null, plan_md !== undefined]);
}

/**
 * A plan's own number: its project and its name. A plan that lost its place in the same project and has the same
 * features, in the same file or with the same text, was renamed and keeps the number; its old name is then free.
 */
function keyOf(placed: PlanPlaced, known: ReadonlyMap<string, KnownPlan>): string {
  const { root, name } = placed;
  const named = [...known.values()].find((p) => p.project_path === root && p.name === name);
  if (named) return named.plan_key;
  let key = hashOf(root, name);
  for (let n = 2; known.has(key); n++) key = hashOf(root, name, String(n));
  if (!placed.manifest) return key;
  const lost = [...known.values()].filter((p) => p.project_path === placed.root && !existsSync(p.path));
  if (lost.length === 0) return key;
  const manifest = readManifest(placed.manifest.path);
  const ids = manifest?.features?.slice(0, 10).map((f) => f.id);
  const same = lost.find(
    (p) =>
      p.first_ids === ids?.join(" ") &&
      (p.manifest_inode === manifest?.inode || p.manifest_hash === manifest?.hash),
  );
  return same?.plan_key ?? key;
}

function hashOf(...parts: string[]): string {
  return new Bun.CryptoHasher("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
}

/** A move may name either folder. */
function namesOf(
  { root, name, place, path }: PlanPlaced,
  file: string,
  { active_dir }: PlanSettings,
): string[] {
  const files = [file, relative(root, file)];
  if (place !== "complete") return files;
  const before = join(active_dir, name);
  return [...files, path, relative(root, path), join(root, before), before];
}

function observe(
  { placed, plan_key, scanned_unix_ms, is_watched }: Due,
  settings: PlanSettings,
  process_started: number,
): { plan: PlanObservation; rejects: Reject[] } {
  const { root, name, place, path, plan_md } = placed;
  const manifest = placed.manifest && readManifest(placed.manifest.path);
  const file = manifest ? placed.manifest!.path : (plan_md?.path ?? path);
  const birth = placed.manifest?.birth_unix_ms ?? null;
  const changed = Math.max(
    manifest?.mtime_unix_ms ?? placed.manifest?.mtime_unix_ms ?? plan_md?.mtime_unix_ms ?? 0,
    movedAt(placed, scanned_unix_ms),
  );
  const births = [birth, plan_md?.birth_unix_ms].filter((t) => t != null);
  return {
    plan: {
      plan_key,
      project_path: root,
      name,
      path,
      place,
      named_as: namesOf(placed, file, settings),
      created_unix_ms: Math.min(changed, ...births),
      changed_unix_ms: changed,
      scanned_unix_ms,
      is_watched: is_watched || changed >= process_started,
      ...(manifest?.features && { features: manifest.features, is_partial: manifest.rejects.length > 0 }),
      manifest_birth_unix_ms: birth === null ? null : Math.min(birth, changed),
      manifest_inode: manifest?.inode ?? null,
      manifest_hash: manifest?.hash ?? null,
    },
    rejects: manifest?.features ? toRejects(manifest, file) : [],
  };
}

/** When a folder was moved: a rename only updates the folder's change time. */
function movedAt({ place, path }: PlanPlaced, scanned: number | null): number {
  if (place !== "complete" || scanned === null) return 0;
  try {
    return Math.floor(lstatSync(path).ctimeMs);
  } catch {
    return 0;
  }
}

function toRejects({ rejects }: ReadManifest, path: string): Reject[] {
  return rejects.map((r) => ({ ...r, source: "plan", path }));
}
