import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StoredData } from "../../schema/event.ts";
import { EVENT_TYPE_NAMES } from "../../schema/event-catalogue.ts";
import { fieldsOf } from "../../schema/events.ts";
import { dataPath } from "../../store/data-path.ts";

const STORE = join(import.meta.dir, "../../store");

test("I10.6 a field that its event type does not declare does not compile in a query", () => {
  expect(dataPath("prompt_submitted", "prompt")).toBe("'$.prompt'");
  expect(dataPath("tool_started", "tool_input", "prompt")).toBe("'$.tool_input.prompt'");
  // @ts-expect-error misspelt
  dataPath("prompt_submitted", "promt");
  // @ts-expect-error a field of another type
  dataPath("prompt_submitted", "retry_attempt");
  // @ts-expect-error no event type
  dataPath("prompt_sent", "prompt");
});

test("I10.6 a field that none of its event types declares does not compile in stored data", () => {
  const data: StoredData<"tool_completed" | "prompt_submitted"> = JSON.parse(
    '{"tool_input": 1, "prompt": 2}',
  );
  expect([data.tool_input, data.prompt]).toEqual([1, 2]);
  // @ts-expect-error misspelt
  expect(data.tool_imput).toBeUndefined();
  // @ts-expect-error a field of another type
  expect(data.retry_attempt).toBeUndefined();
  // @ts-expect-error a value that is not judged yet
  const prompt: string = data.prompt;
  expect(prompt).not.toBeString();
});

test("I10.6 no declared name needs quotes in a JSON path", () => {
  for (const field of EVENT_TYPE_NAMES.flatMap(fieldsOf)) expect(field).toMatch(/^[a-z][a-z0-9_]*$/);
});

test("I10.6 every query names the fields of an event's data by the catalogue", () => {
  const byText = (readdirSync(STORE, { recursive: true }) as string[])
    .filter((name) => name.endsWith(".ts"))
    .filter((name) =>
      /\bdata\s*->>?\s*'|json_\w+\(\s*(\w+\.)?data\s*,\s*'/i.test(readFileSync(join(STORE, name), "utf8")),
    );
  expect(byText).toEqual([]);
});
