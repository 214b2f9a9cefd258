import { join } from "node:path";
import { isPublished } from "./cache.ts";
import type { Architecture, Component } from "./components.ts";
import { recipeHash } from "./recipe-hash.ts";
import type { Source } from "./source.ts";

/** A component with the folders it may be found in. */
export interface Place {
  component: Component;
  built: string;
  official: string;
}

/** Where a component is kept below `root`: by its recipe when it is built, by its version when it is downloaded. */
export function placeOf(component: Component, arch: Architecture, root: string, toolchainDir: string): Place {
  const name = `${component.name}-${component.version}-linux-${arch}`;
  return {
    component,
    built: join(root, `${name}-${recipeHash(component, toolchainDir)}`),
    official: join(root, `${name}-official`),
  };
}

/** The folder that has this component already; with "auto", either kind will do. */
export function findPlace(
  { component, built, official }: Place,
  source: Source | "auto",
): string | undefined {
  if (source === "build" || component.official === undefined) return isPublished(built) ? built : undefined;
  return (source === "download" ? [official] : [built, official]).find(isPublished);
}

/** Folder of each component that is there, by component name. */
export function foldersOf(places: readonly Place[], source: Source | "auto"): ReadonlyMap<string, string> {
  return new Map(
    places.flatMap((place) => {
      const found = findPlace(place, source);
      return found === undefined ? [] : [[place.component.name, found] as const];
    }),
  );
}
