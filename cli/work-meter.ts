/** Processor time between two polls by which more was done than to wait: comparing all rows, reading texts, answering. */
const WORK_MICROS = 600_000;

/** Whether work that took processor time is over, once for each stretch of it; a start is the first. */
export function createWorkMeter(spent: () => number = spentMicros) {
  let before = spent();
  let isWorking = true;
  return {
    hasEnded(isQuiet: boolean): boolean {
      const now = spent();
      const wasWorking = isWorking;
      isWorking = now - before > WORK_MICROS || (isWorking && !isQuiet);
      before = now;
      return wasWorking && !isWorking;
    },
  };
}

/** Processor time of all threads so far. */
function spentMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
