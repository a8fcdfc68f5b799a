const CONTEXT_SUFFIX = /\[1m\]$/i;
/** OpenRouter and gateways write `vendor/model`, Bedrock `region.anthropic.model` or an ARN that ends so. */
const ROUTE =
  /^(?:(?:openrouter|bedrock|vertex_ai)\/)?(?:arn:aws[\w-]*:bedrock:[^/]*\/)?(?:(?:anthropic|openai)\/)?(?:(?:us|eu|apac|jp|au|ca|global|us-gov)\.)?(?:anthropic\.)?/;
const BEDROCK_VERSION = /-v\d+(?::\d+)?$/;
const VERTEX_VERSION = /@(?:\d{8}|default|latest)$/;
const SNAPSHOT_DATE = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/;

/**
 * The ways one model is written, from the name as it stands to the plainest. Each only takes off what says
 * how it was reached; nothing here guesses a family, so a name that is left over stays unknown.
 */
export function spellings(model: string): string[] {
  const plain = model.trim().replace(CONTEXT_SUFFIX, "");
  const routed = plain.replace(ROUTE, "");
  const versioned = routed.replace(BEDROCK_VERSION, "").replace(VERTEX_VERSION, "");
  const undated = versioned.replace(SNAPSHOT_DATE, "");
  const dashed = undated.startsWith("claude-") ? undated.replaceAll(".", "-") : undated;
  return [...new Set([model.trim(), plain, routed, versioned, undated, dashed])];
}
