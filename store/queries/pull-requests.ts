/** A name with the time of its appearance. */
export type Dated = { name: string; time_unix_ms: number };
/** A call that names a pull request: `place` is its branch, undefined for a shared one. */
export type Branched = {
  session_pk: number;
  summary: string;
  time_unix_ms: number;
  place: string | undefined;
  printed(): string[];
};

const CREATES = /\bgh pr create\b|\bglab mr create\b/;
const NAMES = /\bgh pr (?:create|view)\b|\bglab mr (?:create|view)\b/;
const PR_URL = /https:\/\/[^\s"'\\<>]+\/(?:pull|merge_requests)\/\d+/;
/** Branches shared by many pull requests: work of one session on them does not belong to another's. */
const SHARED_BRANCHES = new Set(["main", "master", "trunk", "develop", "HEAD", ""]);

export const isSharedBranch = (branch: string): boolean => SHARED_BRANCHES.has(branch);

/**
 * The pull requests named by calls in the order of time, by their URLs: output of `gh pr create`, or of `gh pr view` on
 * a separate branch. All sessions on such a branch belong to its pull request; on a shared branch only the work of the
 * session itself until it opened the next one. Several of one branch are one name.
 */
export function pullRequestsOf(calls: readonly Branched[]) {
  const opened = new Map<number, Dated[]>();
  const unplaced = new Map<number, Dated[]>();
  const ofPlace = new Map<string, Set<string>>();
  for (const call of calls) {
    const isOpened = CREATES.test(call.summary);
    if (!NAMES.test(call.summary) || (!isOpened && call.place === undefined)) continue;
    const name = call.printed().flatMap((text) => PR_URL.exec(text)?.[0] ?? [])[0];
    if (name === undefined) continue;
    const { place, session_pk, time_unix_ms } = call;
    if (place !== undefined) ofPlace.set(place, (ofPlace.get(place) ?? new Set()).add(name));
    if (!isOpened) continue;
    for (const into of place === undefined ? [opened, unplaced] : [opened])
      into.set(session_pk, [...(into.get(session_pk) ?? []), { name, time_unix_ms }]);
  }
  return {
    opened,
    unplaced,
    mixed: [...opened].flatMap(([pk, list]) => (list.length > 1 ? [pk] : [])),
    ofPlace(place: string): string | undefined {
      const names = ofPlace.get(place);
      return names && [...names].sort().join(", ");
    },
  };
}
