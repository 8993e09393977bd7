/** Felix' sets as the sources of their members give them, with the ids by which rules name them (felix/calc/rule_scanner.go). */
import type { PolicySet } from "../../policy/fence.ts";
import { sha224 } from "../../../net/digest.ts";

export interface IdentifiedSet extends Omit<PolicySet, "name"> {
  readonly id: string;
}

/** The set of what serves a Service: `ported` with its ports. */
export function serviceSetId(service: { readonly namespace: string; readonly name: string }, ported: boolean): string {
  const prefix = ported ? "svc" : "svcnoport";
  return `${prefix}:${sha224(`${prefix}:${service.namespace}/${service.name}`).toString("base64url")}`;
}
