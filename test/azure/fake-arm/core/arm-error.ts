import type { Json, JsonObject } from "./json.ts";

export interface ArmErrorDetail {
  code: string;
  message: string;
  target?: string;
}

interface ArmErrorOptions {
  target?: string;
  details?: ArmErrorDetail[];
  headers?: Record<string, string>;
}

/** A failure as Azure tells it, in an answer or in an operation that was accepted. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  readonly #target: string | undefined;
  readonly #details: ArmErrorDetail[] | undefined;

  constructor(status: number, code: string, message: string, options: ArmErrorOptions = {}) {
    super(message);
    this.name = "ArmError";
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
    this.#target = options.target;
    this.#details = options.details;
  }

  /** The body's `error`. */
  toJson(): JsonObject {
    const error: JsonObject = { code: this.code, message: this.message };
    if (this.#target !== undefined) error["target"] = this.#target;
    if (this.#details !== undefined) error["details"] = this.#details.map((detail): Json => ({ ...detail }));
    return error;
  }
}

/** Microsoft.Network ends its errors with an empty list of details. */
export function networkError(status: number, code: string, message: string): ArmError {
  return new ArmError(status, code, message, { details: [] });
}

/** What a refusal says as its code where Azure surely refuses, but nobody was found who tells with which code. */
const CODE_NOT_KNOWN = "CodeNotKnown";

/** A refusal whose code no source tells, so that nothing can come to depend on one that we made up. */
export function unsourcedError(status: number, message: string): ArmError {
  return new ArmError(status, CODE_NOT_KNOWN, message, { details: [] });
}
