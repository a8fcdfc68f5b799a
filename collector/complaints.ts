/** A complaint is logged once, however often its cause comes back, until it is another one or its cause is over. */
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
