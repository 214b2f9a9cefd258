import { z } from "zod";

/** Headscale's REST v1 writes 64-bit numbers as strings. */
const Id = z.string().min(1);

export const UserList = z.object({ users: z.array(z.object({ id: Id, name: z.string() })) });
export const CreatedUser = z.object({ user: z.object({ id: Id }) });
export const CreatedKey = z.object({ preAuthKey: z.object({ id: Id, key: z.string().min(1) }) });

export const KeyList = z.object({
  preAuthKeys: z.array(
    z.object({
      id: Id,
      used: z.boolean().default(false),
      expiration: z.string().nullish(),
      aclTags: z.array(z.string()).default([]),
    }),
  ),
});

export const Node = z.object({
  id: Id,
  name: z.string(),
  ipAddresses: z.array(z.string()).default([]),
  tags: z.array(z.string()).default([]),
  online: z.boolean().default(false),
  availableRoutes: z.array(z.string()).default([]),
  approvedRoutes: z.array(z.string()).default([]),
  subnetRoutes: z.array(z.string()).default([]),
});
export type Node = z.infer<typeof Node>;
export const NodeList = z.object({ nodes: z.array(Node) });
