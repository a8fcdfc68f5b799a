const WORDS: Record<string, string> = {
  idle: "idle too long",
  model_switch: "model switched",
  compaction: "compacted",
  changed_prefix: "prefix changed",
};

/** Labels of cache miss reasons; unknown reasons keep the vendor's name. */
export const reasonWords = (reason: string): string => WORDS[reason] ?? reason.replaceAll("_", " ");
