import type { Beat } from "../collector/beat.ts";
import { type Assets, packFiles } from "../viewer/assets.ts";

const CHECK_MS = 1000;

/** Compresses the page's files once history is read: it takes half a second of the core that reads. */
export function packWhenRead(
  assets: Assets,
  beat: Pick<Beat, "every">,
  isCaughtUp: () => boolean,
): () => void {
  const leave = beat.every({
    every_ms: CHECK_MS,
    run() {
      if (!isCaughtUp()) return;
      leave();
      // Without it, files stay at the quick level.
      void packFiles(assets).catch(() => {});
    },
  });
  return leave;
}
