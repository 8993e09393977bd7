/** What a lab file may say of a fault: one field, named like its kind, and with a name in `spec.faults`. */
import * as z from "zod";
import { lazy } from "../syntax/lazy.ts";
import { FAULT_KINDS } from "./registry.ts";
import type { FaultKind } from "./kind.ts";

function shapes(shared: z.ZodRawShape): z.ZodType {
  const all = FAULT_KINDS.map(({ kind, schema, lesson }) =>
    z.strictObject({ ...shared, [kind]: schema.describe(lesson) }),
  );
  return z.union(all);
}

/** As a step has it: `{ loss: { at: node1/eth0, percent: 30 } }`. */
export const fault = lazy(() => shapes({}));

export const namedFault = lazy(() =>
  shapes({
    name: z
      .string()
      .max(63)
      .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, "must be lower-case letters, digits and '-'")
      .describe("By which steps and commands switch it on"),
  }),
);

export interface FaultDocument {
  readonly [kind: string]: unknown;
}

/** The kind of a document of the right shape, and what it says. */
export function readFault(doc: FaultDocument): { readonly kind: FaultKind; readonly said: unknown } {
  const kind = FAULT_KINDS.find((one) => Object.hasOwn(doc, one.kind));
  if (kind === undefined) throw new Error(`no kind of fault in ${JSON.stringify(doc)}`);
  return { kind, said: doc[kind.kind] };
}
