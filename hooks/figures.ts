type Json = Record<string, unknown>;

const NAME = /^[A-Za-z]\w{0,23}$/;
const TIME = /^\d{4}-[\d:TZ.+-]{6,30}$/;

/** Of a status line's windows their figures and times: what is written holds no words. */
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

/** A session's id; anything longer is none. */
export function sessionName(id: unknown): string | undefined {
  return typeof id === "string" && /^(?:[0-9a-fA-F-]{36}|[\w.:-]{1,19})$/.test(id) ? id : undefined;
}
