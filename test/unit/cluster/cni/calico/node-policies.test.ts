/** Flow logs of Felix: each verdict's NFLOG rule with its prefix, from 3.30 on, off by default. */
import { expect, test } from "vitest";
import { loadLabText } from "../../../../../src/load/load-lab.ts";
import { planResources } from "../../../../../src/plan/plan-lab.ts";
import { clusterLab, diagnose, pod } from "../../../load/diagnose.ts";
import { pick } from "../../planned.ts";

const POLICY = `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: p }
spec:
  selector: all()
  types: [Ingress, Egress]
  ingress: [{ action: Allow, protocol: TCP }, { action: Deny, protocol: UDP }]
  egress: [{ action: Pass }]`;

/** Prefixes of NFLOG rules with their groups, by chain. */
function logs(cni: string): Readonly<Record<string, readonly string[]>> {
  const text = clusterLab(
    `    nodes: [node1]\n    dns: false\n    cni: { plugin: calico, ${cni} }`,
    pod("web"),
    POLICY,
  );
  const chains = pick(planResources(loadLabText(text, "lab.yaml").lab), "iptables", "node1").flatMap(
    (one) => one.chains,
  );
  return Object.fromEntries(
    chains.flatMap(({ name, rules }) => {
      const found = rules.flatMap(({ args }) =>
        args.includes("NFLOG")
          ? [`${args[args.indexOf("--nflog-group") + 1]} ${args[args.indexOf("--nflog-prefix") + 1]}`]
          : [],
      );
      return found.length === 0 ? [] : [[name.replace(/cali[\da-f]{11}$/, "DEVICE"), found]];
    }),
  );
}

test("verdicts of policies, ends of tiers, profiles", () => {
  expect(logs("flowLogs: true")).toEqual({
    "cali-tw-DEVICE": ["1 DPI|default", "1 DRI"],
    "cali-fw-DEVICE": ["2 DPE|default", "2 DRE"],
    "cali-pri-kns.default": ["1 ARI0|kns.default"],
    "cali-pro-kns.default": ["2 ARE0|kns.default"],
    "cali-pi-gnp/p": ["1 API0|gnp/p", "1 DPI1|gnp/p"],
    "cali-po-gnp/p": ["2 PPE0|gnp/p"],
  });
});

test("off by default, named as its version names policies, unknown before 3.30", () => {
  expect(logs("version: '3.31'")).toEqual({});
  expect(logs("version: '3.30', flowLogs: true")["cali-pi-default.p"]).toEqual([
    "1 API0|default.p",
    "1 DPI1|default.p",
  ]);
  const old = clusterLab("    nodes: [node1]\n    cni: { plugin: calico, version: '3.29', flowLogs: true }");
  expect(diagnose(old)).toEqual([expect.stringMatching(/^7:\d+ Calico 3\.29 has no flow logs$/)]);
});
