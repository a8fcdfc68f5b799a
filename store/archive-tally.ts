const NEWLINE = 10;
/** `{"seq":123456789012345` */
const HEAD_BYTES = 24;

export type Tally = {
  sha256: string;
  lines: number;
  bytes: number;
  last_seq: number;
  ranges: [number, number][];
};

/** Checksum, lines and sequence numbers of the data that passes through. */
export function createTally() {
  const hash = new Bun.CryptoHasher("sha256");
  const ranges: [number, number][] = [];
  let lines = 0;
  let bytes = 0;
  let head = "";

  function take(text: string): void {
    const seq = Number(/^\{"seq":(\d+)/.exec(text)?.[1] ?? Number.NaN);
    if (Number.isNaN(seq)) return;
    const open = ranges.at(-1);
    if (open && seq === open[1] + 1) open[1] = seq;
    else if (!open || seq < open[0] || seq > open[1]) ranges.push([seq, seq]);
  }

  return {
    add(chunk: Buffer): Buffer {
      hash.update(chunk);
      bytes += chunk.length;
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        take(head + chunk.toString("latin1", start, Math.min(end, start + HEAD_BYTES)));
        head = "";
        lines++;
        start = end + 1;
      }
      if (head.length < HEAD_BYTES) head += chunk.toString("latin1", start, start + HEAD_BYTES);
      return chunk;
    },
    result: (): Tally => ({
      sha256: hash.digest("hex"),
      lines,
      bytes,
      last_seq: ranges.reduce((most, [, last]) => Math.max(most, last), 0),
      ranges,
    }),
  };
}
