import { z } from "zod";

export const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().default(3600) });

export const CreatedKey = z.object({ id: z.string().min(1), key: z.string().min(1) });

export const KeyList = z.object({ keys: z.array(z.object({ id: z.string().min(1) })) });

/** What we read of a key. Those that are no auth keys have other capabilities, or none. */
export const ApiKey = z.object({
  revoked: z.string().optional(),
  invalid: z.boolean().default(false),
  capabilities: z
    .object({
      devices: z.object({ create: z.object({ tags: z.array(z.string()).nullish() }).optional() }).optional(),
    })
    .optional(),
});

/** What we read of a device. Devices shared into the tailnet leave out much of the rest. */
export const ApiDevice = z.object({
  nodeId: z.string().min(1),
  hostname: z.string(),
  addresses: z.array(z.string()).default([]),
  tags: z.array(z.string()).default([]),
  connectedToControl: z.boolean().optional(),
  lastSeen: z.string().nullish(),
  advertisedRoutes: z.array(z.string()).default([]),
  enabledRoutes: z.array(z.string()).default([]),
});
export type ApiDevice = z.infer<typeof ApiDevice>;
export const DeviceList = z.object({ devices: z.array(ApiDevice) });
