import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import { StargateError } from "./errors.ts";
import { isErrno } from "./files.ts";

/**
 * Opens a log for appending, readable by us alone. It may lie in a folder that everybody writes into (/tmp), where
 * somebody else can have put a link, a pipe or a file of theirs in its place: none of those is written to.
 * @throws StargateError LogNotOurs
 */
export function openPrivateLog(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  let log: number;
  try {
    // NONBLOCK: opening a pipe that nobody reads fails instead of waiting.
    log = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    if (isErrno(error, "ELOOP")) throw notOurs(path, "it is a link");
    if (isErrno(error, "ENXIO") || isErrno(error, "EISDIR")) throw notOurs(path, "it is not a file");
    if (isErrno(error, "EACCES")) throw notOurs(path, "it belongs to somebody else");
    throw error;
  }
  try {
    const { mode, nlink, uid } = fstatSync(log);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw notOurs(path, "it is not a file");
    if (uid !== process.getuid?.()) throw notOurs(path, "it belongs to somebody else");
    if (nlink > 1) throw notOurs(path, "it has a second name");
    fchmodSync(log, 0o600);
    return log;
  } catch (error) {
    closeSync(log);
    throw error;
  }
}

function notOurs(path: string, state: string): StargateError {
  return new StargateError("LogNotOurs", `Cannot write a log to ${path}: ${state}`, {
    remedy: `Remove ${path}, or choose another folder for logs by STARGATE_LOG_DIR.`,
  });
}
