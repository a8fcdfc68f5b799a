/** Whether a pattern matches a tool's name: case-insensitive, and `*` matches any characters. */
export function toolMatcher(pattern: string): (tool_name: string | null | undefined) => boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join(".*")}$`, "is");
  return (name) => name !== null && name !== undefined && expression.test(name);
}
