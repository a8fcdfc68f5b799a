/** Version of every JSON output, of the API and of the commands. */
export const SCHEMA_VERSION = 1;
