/** What manifest kinds of Calico's policy API have in common. */
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { checkMetadata, type ObjectMeta } from "../metadata.ts";
import { checkGlobal } from "./check-rules.ts";

/** `crd.projectcalico.org/v1` is how Calico stores them without its API server. */
export const CALICO_POLICY_API = {
  apiVersion: "projectcalico.org/v3",
  aliases: ["crd.projectcalico.org/v1"],
  judges: true,
  byPlugin: true,
  deletable: true,
} as const;

/** Metadata of an object of the whole cluster. */
export function checkGlobalMetadata(metadata: ObjectMeta, report: Report, pattern = DNS_SUBDOMAIN): void {
  checkMetadata(metadata, pattern, ["metadata"], report);
  checkGlobal(metadata, report);
}
