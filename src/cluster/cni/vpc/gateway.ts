/** The way out of a VPC: an internet gateway knows the public addresses of instances, which are their primary ones; a NAT gateway translates. */
import { because } from "../../../cause.ts";
import type { ClusterModel } from "../../cluster.ts";
import { familyOf } from "../../../net/families.ts";
import { newRule, newSysctl } from "../../../fabric/specs.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import { INTERNET_DEVICE } from "../../internet.ts";
import type { VpcModel } from "./model.ts";
import { announced } from "./source-check.ts";

const CHAIN = "VPC-INTERNET-GATEWAY";

/** `devices`: the router's legs, by switch. */
export function addGateway(
  cluster: ClusterModel<VpcModel>,
  router: NodeDraft,
  devices: ReadonlyMap<string, string>,
): void {
  const { cni, nodes, switches, internet } = cluster;
  const why = (reason: string) => because(cni.cause, reason);
  for (const dev of ["all", ...switches.flatMap(({ name }) => devices.get(name) ?? [])])
    router.addSysctlOnce(
      newSysctl({
        key: `net/ipv4/conf/${dev}/send_redirects`,
        value: "0",
        cause: why("a VPC's router sends no redirects: pods' own tables lead to it even within their subnet"),
      }),
    );
  const vpc = cni.vpcCIDRs.filter((cidr) => familyOf(cidr) === "ipv4");
  const primary = nodes.flatMap(({ address }) => address.ipv4 ?? []);
  if (primary.length === 0) return;
  const add = (table: "filter" | "nat", chain: string, words: readonly string[], reason: string): void =>
    router.addRules("cni", [newRule("ipv4", table, chain, words, why(reason))]);
  if (cni.gateway === "nat") {
    const source = internet.router.ipv4;
    for (const cidr of source === undefined ? [] : vpc)
      add(
        "nat",
        "POSTROUTING",
        [
          "-s",
          cidr,
          "-o",
          INTERNET_DEVICE,
          "-m",
          "conntrack",
          "--ctstate",
          "NEW",
          "-j",
          "SNAT",
          "--to-source",
          source ?? "",
        ],
        "a NAT gateway: what leaves the VPC has its address",
      );
    return;
  }
  for (const cidr of vpc)
    add(
      "filter",
      "FORWARD",
      ["-s", cidr, "-o", INTERNET_DEVICE, "-j", CHAIN],
      "an internet gateway translates primary addresses only",
    );
  for (const address of primary)
    add(
      "filter",
      CHAIN,
      ["-s", `${address}/32`, "-j", "RETURN"],
      "the primary address of a primary ENI: it has a public one",
    );
  for (const prefix of announced(cluster).filter((one) => familyOf(one) === "ipv4"))
    add("filter", CHAIN, ["-s", prefix, "-j", "RETURN"], "addresses of load balancers are public");
  add("filter", CHAIN, ["-j", "DROP"], "a secondary address has no public one: the internet gateway drops it silently");
}
