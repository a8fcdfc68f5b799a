/** A complaint is logged once, however often its cause recurs, until it changes or its cause has ended. */
export function createComplaints(log: (line: string) => void) {
  let last = "";
  return {
    report(text: string): void {
      if (text !== last) log(text);
      last = text;
    },
    over(): void {
      last = "";
    },
  };
}
