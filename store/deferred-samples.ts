import type { Cursor, FileBatch } from "../schema/batch.ts";
import { type RolloutLimits, samplePages } from "../schema/rollout-limits.ts";
import type { BatchWriter } from "./commit-batch.ts";
import type { Committer } from "./committer.ts";
import type { Meta } from "./meta.ts";

/** Readings of limits that a first import stores only once its database can be asked. */
export type DeferredSamples = RolloutLimits[];

/** Key in `meta`, as long as samples of a first import are missing: the source that has them. */
const SAMPLES_DUE = "samples_due";
/** One page is stored in one transaction. */
const PAGE_ROWS = 4096;

/** Holds back the samples of a first import. */
export function createDeferral(meta: Meta, isOn: boolean) {
  const deferred: DeferredSamples = [];
  return {
    isOn,
    samples: isOn ? deferred : undefined,
    /** A rollout can be read again should this process die before it has stored them; the spool is not kept for ever. */
    add({ cursor, limits }: FileBatch): void {
      if (limits.cells.length === 0) return;
      if (deferred.length === 0) meta.set(SAMPLES_DUE, cursor.source);
      deferred.push(limits);
    },
  };
}
export type Deferral = ReturnType<typeof createDeferral>;

type Parts = {
  meta: Meta;
  committer: Committer;
  batches: BatchWriter;
  rewind: (source: Cursor["source"]) => void;
};

/** Stores what a first import has deferred; a process that no longer has it reads its source again. */
export function deferredFlusher({ meta, committer, batches, rewind }: Parts) {
  return (limits: DeferredSamples | undefined, now: number): void => {
    const source = meta.get(SAMPLES_DUE) as Cursor["source"] | undefined;
    if (!source) return;
    if (!limits) rewind(source);
    else
      for (const page of samplePages(limits, PAGE_ROWS))
        committer.commit((result) => {
          for (const s of page) batches.putSample(s, result, now);
        });
    meta.remove(SAMPLES_DUE);
  };
}
