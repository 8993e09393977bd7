/** Which kernel features labs need, what for, and whether this kernel has them. */
import { probeFeatures } from "../kernel/features.ts";
import type { Feature, FeatureName } from "../kernel/features.ts";
import type { Finding } from "./finding.ts";

interface Need {
  readonly needed: "always" | "sometimes";
  readonly use: string;
  /** Kernel module that brings it. */
  readonly module?: string;
}

const NEEDS: Partial<Record<FeatureName, Need>> = {
  netns: { needed: "always", use: "everything" },
  veth: { needed: "always", use: "links", module: "veth" },
  bridge: { needed: "always", use: "bridges, and pods on one", module: "bridge" },
  ipv4: { needed: "always", use: "IPv4" },
  ipv6: { needed: "sometimes", use: "IPv6 and dual stack" },
  vxlan: { needed: "sometimes", use: "VXLAN tunnels", module: "vxlan" },
  "policy routing": { needed: "sometimes", use: "ip rules" },
  tbf: { needed: "sometimes", use: "rate limits", module: "sch_tbf" },
  iptables: { needed: "always", use: "filter rules", module: "nf_tables" },
  "iptables nat": { needed: "always", use: "masquerade", module: "nft_chain_nat" },
  "iptables dnat": { needed: "sometimes", use: "DNAT", module: "nf_nat" },
  "iptables comment": { needed: "sometimes", use: "comments on rules", module: "xt_comment" },
  "iptables conntrack": { needed: "sometimes", use: "rules on connection state", module: "xt_conntrack" },
  "iptables mark": { needed: "sometimes", use: "marks", module: "xt_mark" },
  "iptables statistic": { needed: "sometimes", use: "Services (random endpoints)", module: "xt_statistic" },
  "iptables recent": { needed: "sometimes", use: "Services with sessionAffinity", module: "xt_recent" },
  "iptables addrtype": { needed: "sometimes", use: "Services (node ports)", module: "xt_addrtype" },
  "iptables connmark": { needed: "sometimes", use: "VPC CNI (answers of node ports)", module: "xt_connmark" },
  "iptables rpfilter": { needed: "sometimes", use: "Calico (spoofed sources)", module: "xt_rpfilter" },
  "bridge netfilter": {
    needed: "sometimes",
    use: "NetworkPolicies and Services between pods of one node: without it their packets bypass the rules",
    module: "br_netfilter",
  },
  "nft fib": { needed: "sometimes", use: "Calico in nftables mode (spoofed sources)", module: "nft_fib_ipv4" },
  "nft maps": { needed: "sometimes", use: "kube-proxy in nftables mode", module: "nf_tables" },
  ip6tables: { needed: "sometimes", use: "NAT and filter rules for IPv6", module: "nf_tables" },
  sctp: { needed: "sometimes", use: "SCTP ports", module: "sctp" },
};

/** Features that no lab of this version uses are listed on one line; they show what a manual lesson can rely on. */
export async function findKernelFeatures(): Promise<Finding[]> {
  if (process.geteuid?.() !== 0) return insideUserNamespace();
  const features = probeFeatures();
  const netns = features["netns"];
  if (netns?.ok !== true) {
    return [
      {
        area: "kernel",
        name: "netns",
        status: "missing",
        text: `cannot create a network namespace: ${netns?.detail ?? "unknown"}`,
        fix: "use sudo; in a container: --privileged",
      },
    ];
  }
  const findings = Object.entries(features).flatMap(([name, feature]) => {
    const need = NEEDS[name as FeatureName];
    return need === undefined ? [] : [describe(name, feature, need)];
  });
  const others = Object.entries(features).filter(
    ([name, feature]) => NEEDS[name as FeatureName] === undefined && !feature.ok,
  );
  if (others.length > 0) {
    findings.push({
      area: "kernel",
      name: "not needed",
      status: "ok",
      text: `missing in this kernel, but needed by few labs (kube-proxy in ipvs mode needs ipvs and dummy; devices of spec.topology need the one of their name): ${others.map(([name]) => name).join(", ")}`,
    });
  }
  return findings;
}

function describe(name: string, feature: Feature, need: Need): Finding {
  if (feature.ok) return { area: "kernel", name, status: "ok", text: feature.detail };
  return {
    area: "kernel",
    name,
    status: need.needed === "always" ? "missing" : "warn",
    text: `needed for ${need.use}: ${feature.detail}`,
    fix: feature.detail.includes("not installed")
      ? "install it: see tools"
      : need.module === undefined
        ? "another kernel"
        : `sudo modprobe ${need.module}   or another kernel`,
  };
}

/** Without root the features are those of a user namespace: look again from within one, as a rootless lab would. */
async function insideUserNamespace(): Promise<Finding[]> {
  const self = process.argv[1];
  if (self === undefined) return [];
  const { execa } = await import("execa");
  // It ends with 3 when something is missing, with its findings on stdout all the same.
  const { stdout } = await execa("unshare", ["-Urnm", process.execPath, self, "doctor", "--json"], {
    timeout: 20_000,
    reject: false,
    stdin: "ignore",
    stderr: "ignore",
  });
  if (stdout.startsWith("[")) return kernelFindings(stdout);
  return [
    {
      area: "kernel",
      name: "features",
      status: "warn",
      text: "cannot be checked without root or a user namespace",
      fix: "sudo k8snet-lab doctor",
    },
  ];
}

function kernelFindings(json: string): Finding[] {
  return (JSON.parse(json) as Finding[]).filter((finding) => finding.area === "kernel");
}
