type Threaded = { agent_id: string; time_unix_ms: number; seq: number };

/** Rows of one session thread by thread, in the order of their times. They are stored nearly so, which is checked first. */
export function inThreads<R extends Threaded>(rows: R[]): R[] {
  for (let i = 1; i < rows.length; i++) if (compare(rows[i - 1]!, rows[i]!) > 0) return rows.sort(compare);
  return rows;
}

function compare(a: Threaded, b: Threaded): number {
  if (a.agent_id !== b.agent_id) return a.agent_id < b.agent_id ? -1 : 1;
  return a.time_unix_ms - b.time_unix_ms || a.seq - b.seq;
}
