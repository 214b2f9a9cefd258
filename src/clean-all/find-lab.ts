import { labDestroy } from "../lab/lab-destroy.ts";
import { readLabStatus } from "../lab/lab-status.ts";
import type { Finder } from "./removal.ts";
import { namesIn } from "./remove-known.ts";

/** The lab, also what is left of one whose making was cut off. */
export const findLab: Finder = async (world) => {
  const { labDir } = world.paths;
  if ((await namesIn(labDir)).length === 0) return [];
  const { state, lab } = await readLabStatus(world);
  const version = lab === undefined ? "" : `Kubernetes ${lab.kubernetesVersion}, `;
  return [{ kind: "lab", what: `${version}${state}, in ${labDir}`, remove: () => labDestroy(world) }];
};
