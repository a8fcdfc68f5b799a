/** Of every JSON answer, of the API and of the commands alike. */
export const SCHEMA_VERSION = 1;
