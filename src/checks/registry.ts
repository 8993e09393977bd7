/** The kinds of checks, in the order of the documentation: to add one is a folder and a line here. */
import * as z from "zod";
import type { Check } from "../lab/check.ts";
import type { CheckDefinition } from "./kind.ts";
import { balanced } from "./balanced/check.ts";
import { capture } from "./capture/check.ts";
import { command } from "./command/check.ts";
import { dns } from "./dns/check.ts";
import { http } from "./http/check.ts";
import { mtu } from "./mtu/check.ts";
import { nat } from "./nat/check.ts";
import { path } from "./path/check.ts";
import { ping } from "./ping/check.ts";
import { reach } from "./reach/check.ts";
import { rejected } from "./rejected/check.ts";
import { state } from "./state/check.ts";
import { sticky } from "./sticky/check.ts";
import { tcp } from "./tcp/check.ts";
import { throughput } from "./throughput/check.ts";
import { udp } from "./udp/check.ts";

const KINDS = [
  ping,
  mtu,
  tcp,
  udp,
  http,
  dns,
  command,
  path,
  reach,
  throughput,
  capture,
  state,
  balanced,
  nat,
  sticky,
  rejected,
] as const;

/** One entry of `spec.checks`: one shape per kind, discriminated by the field that names the kind. */
export const checkDocument = z.union(KINDS.map(({ schema }) => schema));
export type CheckDocument = z.infer<typeof checkDocument>;

export const CHECK_KINDS: readonly CheckDefinition[] = KINDS;
const BY_NAME: ReadonlyMap<string, CheckDefinition> = new Map(KINDS.map((definition) => [definition.kind, definition]));

/** Those that `while` of a step may make, by name. */
export const REQUEST_KINDS = CHECK_KINDS.flatMap(({ repeatable, ...kind }) =>
  repeatable === undefined ? [] : [{ ...kind, repeatable }],
).toSorted((a, b) => (a.kind < b.kind ? -1 : 1));

/** The definition of a check's kind. */
export function kindOf({ kind }: Pick<Check, "kind">): CheckDefinition {
  const found = BY_NAME.get(kind);
  if (found === undefined) throw new Error(`there is no check kind "${kind}"`);
  return found;
}

/** It expects something not to work, or not to be there. */
export function isNegative(check: Check): boolean {
  return kindOf(check).negative?.(check) === true;
}

/** Empty for what is not a kind of check. */
export function checkLesson(kind: string): string {
  return BY_NAME.get(kind)?.lesson ?? "";
}
