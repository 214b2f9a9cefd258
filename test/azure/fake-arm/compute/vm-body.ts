import { z } from "zod";
import { ArmError } from "../core/arm-error.ts";
import type { JsonObject } from "../core/json.ts";

const Reference = z.looseObject({ id: z.string() });
const DeleteOption = z.enum(["Delete", "Detach"]);

const PublicKey = z.looseObject({ path: z.string().optional(), keyData: z.string().optional() });

/** The properties of a VM that the fake understands; others are kept as they are. */
export const VmProperties = z.looseObject({
  hardwareProfile: z.looseObject({ vmSize: z.string().optional() }).optional(),
  storageProfile: z
    .looseObject({
      imageReference: z
        .looseObject({
          publisher: z.string().optional(),
          offer: z.string().optional(),
          sku: z.string().optional(),
          version: z.string().optional(),
          id: z.string().optional(),
          exactVersion: z.string().optional(),
        })
        .optional(),
      osDisk: z
        .looseObject({
          name: z.string().optional(),
          createOption: z.enum(["FromImage", "Attach", "Empty"]),
          deleteOption: DeleteOption.optional(),
          diskSizeGB: z.int().optional(),
          managedDisk: z
            .looseObject({ id: z.string().optional(), storageAccountType: z.string().optional() })
            .optional(),
        })
        .optional(),
      dataDisks: z.array(z.looseObject({})).optional(),
    })
    .optional(),
  osProfile: z
    .looseObject({
      computerName: z.string().optional(),
      adminUsername: z.string().optional(),
      adminPassword: z.string().optional(),
      customData: z.string().optional(),
      linuxConfiguration: z
        .looseObject({
          disablePasswordAuthentication: z.boolean().optional(),
          ssh: z.looseObject({ publicKeys: z.array(PublicKey).default([]) }).optional(),
        })
        .optional(),
    })
    .optional(),
  networkProfile: z
    .looseObject({
      networkInterfaces: z
        .array(
          Reference.extend({
            properties: z
              .looseObject({ primary: z.boolean().optional(), deleteOption: DeleteOption.optional() })
              .optional(),
          }),
        )
        .default([]),
    })
    .optional(),
  diagnosticsProfile: z
    .looseObject({ bootDiagnostics: z.looseObject({ enabled: z.boolean().optional() }).optional() })
    .optional(),
});
export type VmProperties = z.infer<typeof VmProperties>;

export function readVm(properties: JsonObject): VmProperties {
  const parsed = VmProperties.safeParse(properties);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(
    issue?.path.join(".") ?? "",
    `Required parameter '${issue?.path.join(".")}' is missing or invalid.`,
  );
}

/** CRP's error for a wrong value. */
export function invalid(target: string, message: string): ArmError {
  return new ArmError(400, "InvalidParameter", message, { target });
}

export function missing(target: string): ArmError {
  return invalid(target, `Required parameter '${target}' is missing (null).`);
}

/** For changes that only another VM can have. */
export function unchangeable(property: string): ArmError {
  return new ArmError(409, "PropertyChangeNotAllowed", `Changing property '${property}' is not allowed.`, {
    target: property,
  });
}
