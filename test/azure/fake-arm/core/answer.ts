import type { Json } from "./json.ts";

/** What goes back to the client. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: Json | undefined;
  /** Sent as it is, instead of a body in JSON (a log). */
  text?: string;
}

/** What came from the client, after login and throttling. */
export interface Call {
  method: string;
  /** As it was sent, without the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  /** Undefined where there was none. */
  body: Json | undefined;
}
