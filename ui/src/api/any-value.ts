/** Any value of an attribute or of a log's body; bytes arrive as `{ base64: "…" }`. */
export type AnyValue = string | number | boolean | null | AnyValue[] | { [key: string]: AnyValue };
