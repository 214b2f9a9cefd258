import { once } from "node:events";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { z } from "zod";
import { StargateError } from "../../lib/errors.ts";

/** Name of QEMU's control socket in a VM's folder. */
export const QMP_SOCKET = "qmp.sock";

const Message = z.union([
  z.object({ QMP: z.unknown() }).transform(() => ({ kind: "greeting" as const })),
  z
    .object({ return: z.unknown() })
    .transform((message) => ({ kind: "return" as const, value: message.return })),
  z
    .object({ error: z.object({ class: z.string(), desc: z.string() }) })
    .transform(({ error }) => ({ kind: "error" as const, text: error.desc })),
  z.object({ event: z.string() }).transform(({ event }) => ({ kind: "event" as const, event })),
]);

export type QmpCommand = "query-status" | "system_powerdown" | "quit";

/**
 * Has a running QEMU carry out one command, by its control socket in the VM's folder.
 * @throws StargateError QmpUnavailable (retriable) where nothing answers, QmpFailed where QEMU refuses
 */
export async function runQmp(vmDir: string, command: QmpCommand, signal: AbortSignal): Promise<unknown> {
  // A socket's path has room for 107 characters and a state folder may lie deep: go by the folder's descriptor.
  const folder = await open(vmDir, constants.O_RDONLY | constants.O_DIRECTORY);
  const socket = connect({ path: `/proc/self/fd/${folder.fd}/${QMP_SOCKET}`, signal });
  try {
    return await converse(socket, command);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StargateError) throw error;
    throw new StargateError("QmpUnavailable", `QEMU does not answer in ${vmDir}`, {
      cause: error,
      retriable: true,
    });
  } finally {
    socket.destroy();
    await folder.close();
  }
}

async function converse(socket: Socket, command: QmpCommand): Promise<unknown> {
  await once(socket, "connect");
  const send = (execute: string): void => void socket.write(`${JSON.stringify({ execute })}\n`);
  let isNegotiated = false;
  for await (const line of createInterface({ input: socket })) {
    const message = Message.parse(JSON.parse(line));
    if (message.kind === "greeting") send("qmp_capabilities");
    if (message.kind === "error")
      throw new StargateError("QmpFailed", `QEMU refused ${command}: ${message.text}`);
    if (message.kind === "return") {
      if (isNegotiated) return message.value;
      isNegotiated = true;
      send(command);
    }
  }
  // QEMU may close the connection before it has answered "quit".
  if (command === "quit" && isNegotiated) return undefined;
  throw new StargateError("QmpUnavailable", `QEMU closed its control socket before it answered ${command}`, {
    retriable: true,
  });
}
