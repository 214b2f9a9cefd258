import { redact } from "./redact.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fixed messages, values in fields. Everything written is masked first. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log;
}

export interface LogOptions {
  write: (line: string) => void;
  level?: LogLevel;
  now?: () => Date;
}

const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** A log of lines "time level message key=value …", readable and easy to cut with common tools. */
export function createLog(options: LogOptions, base: LogFields = {}): Log {
  const { write, level = "info", now = () => new Date() } = options;
  const at =
    (lineLevel: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (order.indexOf(lineLevel) < order.indexOf(level)) return;
      const pairs = Object.entries({ ...base, ...fields }).flatMap(([key, value]) =>
        value === undefined ? [] : [`${key}=${quote(String(value))}`],
      );
      write(redact([now().toISOString(), lineLevel.toUpperCase().padEnd(5), message, ...pairs].join(" ")));
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => createLog(options, { ...base, ...fields }),
  };
}

/** A log that drops everything. */
export const silentLog: Log = createLog({ write: () => undefined });

function quote(value: string): string {
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
