const CONTEXT_SUFFIX = /\[\d+[km]\]$/i;
/** How a gateway's own documentation spells its route, before the name of the model: LiteLLM, OpenRouter, models.dev, Vercel. */
const GATEWAY =
  /^(?:openrouter|litellm_proxy|litellm|vercel_ai_gateway|vercel|vertex_ai|vertex|google-vertex|google-vertex-anthropic|azure_ai|azure|databricks|github_copilot|github-copilot|copilot|sap|snowflake|replicate|heroku|gateway|anthropic|openai|(?:amazon-)?bedrock(?:\/(?:converse|invoke))?(?:\/[a-z]{2}(?:-[a-z]+)+-\d)?)\//;
/** A resource name of Vertex, and the ARN of a model or of a profile that AWS itself made; one of an account's own is opaque. */
const RESOURCE =
  /^(?:(?:\/\/[\w.-]*aiplatform\.googleapis\.com\/)?(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/(?:anthropic|openai)\/models\/|arn:aws[\w-]*:bedrock:[^/]*:(?:foundation-model|inference-profile)\/)/;
const REGION = /^(?:us|eu|apac|jp|au|ca|sa|global|us-gov)\.(?=(?:anthropic|openai)\.|claude-)/;
/** `anthropic.claude-…` is Bedrock's spelling, `anthropic--claude-…` SAP's, `databricks-claude-…` Databricks's. */
const VENDOR = /^(?:(?:anthropic|openai)(?:\.|--)|databricks-(?=claude-|gpt-))/;
/** OpenRouter's variants that change how a provider is chosen and not the model. `:free` has another price. */
const VARIANT = /:(?:beta|thinking|nitro|floor|exacto|extended)$/;
const BEDROCK_VERSION = /-v\d+(?::\d+(?:[km])?)*$/;
const VERTEX_VERSION = /@(?:\d{8}|default|latest)$/;
const SNAPSHOT_DATE = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/;
/** SAP and Copilot write the number before the family. */
const NUMBER_FIRST = /^claude-(\d+(?:[.-]\d{1,2})?)-(opus|sonnet|haiku|fable|mythos)$/;
const MOST_ROUTES = 5;

/**
 * The ways one model is written, from the name as is to the plainest. Each form only removes the route to the model;
 * nothing here guesses a family, so any other name stays unknown.
 */
export function spellings(model: string): string[] {
  const exact = model.trim();
  return [...new Set([exact, ...plainer(exact), ...plainer(exact.toLowerCase())])];
}

function plainer(name: string): string[] {
  const plain = name.replace(CONTEXT_SUFFIX, "");
  const routed = withoutRoute(plain);
  const versioned = routed.replace(VARIANT, "").replace(BEDROCK_VERSION, "").replace(VERTEX_VERSION, "");
  const undated = versioned.replace(SNAPSHOT_DATE, "");
  const ordered = undated.replace(NUMBER_FIRST, "claude-$2-$1");
  const dashed = ordered.startsWith("claude-") ? ordered.replaceAll(".", "-") : ordered;
  return [plain, routed, versioned, undated, dashed];
}

/** Proxies may be chained, and each adds its own prefix. */
function withoutRoute(name: string): string {
  let rest = name;
  for (let i = 0; i < MOST_ROUTES; i++) {
    const next = rest.replace(GATEWAY, "").replace(RESOURCE, "");
    if (next === rest) break;
    rest = next;
  }
  return rest.replace(REGION, "").replace(VENDOR, "");
}
