const WORDS: Record<string, string> = {
  idle: "idle too long",
  model_switch: "model switched",
  compaction: "compacted",
  changed_prefix: "prefix changed",
};

/** Why the cache was missed, in plain words; what only the vendor knows keeps the vendor's name. */
export const reasonWords = (reason: string): string => WORDS[reason] ?? reason.replaceAll("_", " ");
