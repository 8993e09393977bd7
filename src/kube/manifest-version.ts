/** Which versions a kind of manifest is read in. */
import { groupOf } from "./left-out-kinds.ts";
import { kindsWritten } from "./registry.ts";
import type { AnyKind } from "./registry.ts";

/** A CRD's own version, which means the same as that of its API server. */
export function isAlias({ aliases }: AnyKind, version: unknown): boolean {
  return typeof version === "string" && aliases?.includes(version) === true;
}

/** Its group has this kind: another version is a slip, another group another kind of the same name. */
export function isVersionOf(kind: AnyKind, version: string): boolean {
  const { apiVersion, dropped } = kind;
  return groupOf(version) === groupOf(apiVersion) || dropped?.[version] !== undefined || isAlias(kind, version);
}

/** The kind of a manifest, by group and kind. Without a version: the first that is written so. */
export function kindOf(kind: string, version: string | undefined): AnyKind | undefined {
  const all = kindsWritten(kind);
  return version === undefined ? all[0] : all.find((one) => isVersionOf(one, version));
}
