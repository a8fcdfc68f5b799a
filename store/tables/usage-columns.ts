import { recordOf } from "../../schema/record-of.ts";
import { USAGE_FIELDS, USAGE_KINDS, type UsageField } from "../../schema/usage-kinds.ts";
import type { Column } from "../table.ts";

const count = { sql: "integer not null", line: "count", digest: true } as const;

/** The columns of `Usage` in a table from version `since`; older lines of the archive lack later ones. */
export function usageColumns(table_since = 1): Record<UsageField, typeof count> {
  const columns = recordOf(USAGE_FIELDS, (name): Column => {
    const { since } = USAGE_KINDS[name];
    if (since <= table_since) return count;
    return { sql: "integer not null default 0", line: "count_or_0", digest: true, since };
  });
  return columns as Record<UsageField, typeof count>;
}

export function isUsageField(name: string): name is UsageField {
  return Object.hasOwn(USAGE_KINDS, name);
}
