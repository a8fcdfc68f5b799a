import { renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";

/** A file that exists while there is something to report; `update` returns when that begins and ends. */
export function keptFile(path: string, touch_ms: number) {
  let written: string | undefined;
  let touched = 0;
  // Initially the file of an earlier daemon, which may have been killed.
  let mayExist = true;
  function remove(): void {
    if (mayExist) rmSync(path, { force: true });
    mayExist = false;
    written = undefined;
  }
  return {
    remove,
    /** Next time it is rewritten: its content is unknown. */
    forget(): void {
      written = undefined;
      mayExist = true;
    },
    update(content: object | undefined, now: number): "written" | "removed" | undefined {
      const was = written;
      if (!content) {
        remove();
        return was === undefined ? undefined : "removed";
      }
      const text = `${JSON.stringify(content)}\n`;
      if (text === written && Math.abs(now - touched) < touch_ms) return undefined;
      mayExist = true;
      if (text === written) utimesSync(path, now / 1000, now / 1000);
      else {
        rmSync(`${path}.tmp`, { force: true });
        writeFileSync(`${path}.tmp`, text, { mode: 0o600, flag: "wx" });
        renameSync(`${path}.tmp`, path);
      }
      [written, touched] = [text, now];
      return was === undefined ? "written" : undefined;
    },
  };
}
