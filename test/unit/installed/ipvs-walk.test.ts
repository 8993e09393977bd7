/**
 * Upstream's packet flows read from ipvs mode's own text: the generated rules, sets and virtual servers as their tools would
 * list them, followed for each packet. What is read must be what the oracle says; where policies and endpoints leave no doubt,
 * it is what upstream's table says of iptables mode, too.
 */
import { describe, expect, it } from "vitest";
import { IpSets } from "../../../src/installed/ip-sets.ts";
import { parseIptablesSave } from "../../../src/installed/iptables-rules.ts";
import { parseIpvsSave, walkIpvs } from "../../../src/installed/ipvs-walk.ts";
import { formatVerdict, verdictOf, verdictOfWays } from "../../../src/installed/verdict.ts";
import { ipsetLines } from "../../../src/resources/ipset/lines.ts";
import { decide } from "../../../src/oracle/service/service-oracle.ts";
import type { ProxyInput } from "../../../src/kube/service/service.ts";
import { formatIptablesArgs } from "../../../src/resources/iptables/table-words.ts";
import { boundAddresses, planProxyIpvs } from "../../../src/cluster/kube-proxy/ipvs/plan.ts";
import type { IpvsPlan } from "../../../src/cluster/kube-proxy/ipvs/plan.ts";
import { absence, withReason } from "../../conformance/data.ts";
import { flowStages } from "../../conformance/kube-proxy-flows.ts";

const ABSENT = absence("kube-proxy");
const BUILTIN = new Set(["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"]);

/** As iptables-save prints it: marks by mask, an address with its length. */
function listed(args: readonly string[]): string {
  const text = formatIptablesArgs(args);
  return text
    .replace("--or-mark 0x4000", "--set-xmark 0x4000/0x4000")
    .replace("--xor-mark 0x4000", "--set-xmark 0x4000/0x0");
}

function saved({ iptables }: IpvsPlan): string {
  return ["nat", "filter"]
    .flatMap((table) => {
      const own = iptables.filter((rule) => rule.table === table);
      const chains = [...new Set(own.map((rule) => rule.chain))];
      return [
        `*${table}`,
        ...chains.map((chain) => `:${chain} ${BUILTIN.has(chain) ? "ACCEPT" : "-"} [0:0]`),
        ...own.filter((rule) => rule.args.length > 0).map((rule) => listed(["-A", rule.chain, ...rule.args])),
        "COMMIT",
      ];
    })
    .join("\n");
}

describe.skipIf(ABSENT !== undefined)(withReason("flows read from ipvs mode", ABSENT), () => {
  const stages = ABSENT === undefined ? flowStages("iptables") : [];
  it.each(stages)("$title", ({ input: table, flows }) => {
    const proxy = { ...table.proxy, mode: "ipvs", ipvs: { scheduler: "rr", strictARP: false } } as const;
    const input: ProxyInput = { ...table, proxy };
    const plan = planProxyIpvs(input);
    const tables = parseIptablesSave(saved(plan));
    const base = { kind: "ipset", id: "", ns: "n", node: "n" } as const;
    const sets = new IpSets(
      plan.sets.flatMap((set) => ipsetLines("create", { ...base, ...set }).map((words) => words.join(" "))).join("\n"),
    );
    const servers = parseIpvsSave(plan.servers.map((line) => line.text).join("\n"));
    const bound = boundAddresses(input).map(({ address }) => address);
    for (const { name, packet, output, masq } of flows) {
      // The node speaks to an address that it has itself from that address.
      const own = packet.from.kind === "node" && [...bound, ...input.nodeIPs].includes(packet.to);
      const from = own ? { ...packet.from, address: packet.to } : packet.from;
      const localAddresses = [...input.nodeIPs, ...bound];
      const ways = walkIpvs(tables, sets, servers, { ...packet, from, family: input.family, localAddresses });
      const oracle = verdictOf(decide(input, { ...packet, from }));
      expect(ways.unread, name).toEqual([]);
      expect(formatVerdict(verdictOfWays(ways)), name).toBe(formatVerdict(oracle));
      const plain = packet.from.kind === "pod" && output.every((one) => one.includes(":")) && output.length > 0;
      const local = input.services.some(
        (it) => it.internalTrafficPolicy === "Local" || it.externalTrafficPolicy === "Local",
      );
      if (!plain || local || oracle.kind !== "endpoints") continue;
      expect([...oracle.masqueraded.keys()].toSorted(), name).toEqual([...output].toSorted());
      expect([...oracle.masqueraded.values()].includes(true), name).toBe(masq);
    }
  });
});
