type Json = Record<string, unknown>;

const NAME = /^[A-Za-z]\w{0,23}$/;
const TIME = /^\d{4}-[\d:TZ.+-]{6,30}$/;

/** Figures and times of a status line's windows: no text is written. */
export function figuresOf(limits: Json): Json {
  const kept = Object.entries(limits).filter(([name]) => NAME.test(name));
  return Object.fromEntries(kept.flatMap(([name, value]) => (isFigure(value) ? [[name, inner(value)]] : [])));
}

function inner(value: unknown): unknown {
  return typeof value === "object" && value !== null ? figuresOf(value as Json) : value;
}

function isFigure(value: unknown): boolean {
  return typeof value === "string" ? TIME.test(value) : !Array.isArray(value);
}

/** A session's id; anything longer is not one. */
export function sessionName(id: unknown): string | undefined {
  return typeof id === "string" && /^(?:[0-9a-fA-F-]{36}|[\w.:-]{1,19})$/.test(id) ? id : undefined;
}
