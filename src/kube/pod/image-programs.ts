/** Programs of images' commands that the pods of manifests need. */
import type { ManifestInput } from "../manifest-input.ts";
import { at } from "../manifest-parts.ts";
import { manifestKind } from "../registry.ts";
import type { PodSpecDocument } from "./pod-spec.ts";
import { programsOf } from "./stand-ins.ts";

function podSpecOf({ kind, object }: ManifestInput): PodSpecDocument | undefined {
  const template = manifestKind(kind)?.workload?.template ?? (kind === "Pod" ? [] : undefined);
  return template === undefined ? undefined : (at(object, [...template, "spec"]) as PodSpecDocument);
}

/** All programs that commands of images need. */
export function imagePrograms(manifests: readonly ManifestInput[]): ReadonlySet<string> {
  const specs = manifests.flatMap((manifest) => podSpecOf(manifest) ?? []);
  return new Set(
    specs.flatMap((spec) =>
      [...spec.containers, ...(spec.initContainers ?? [])].flatMap((container) => programsOf(container, spec) ?? []),
    ),
  );
}
