/** EC2 instance types: how many ENIs and addresses they have, and how many pods follow from that. */
import { BRANCH_LIMITS } from "./branch-limits.ts";
import { INSTANCE_LIMITS } from "./instance-limits.ts";

export interface InstanceType {
  readonly name: string;
  /** On the default network card, the primary one included. */
  readonly enis: number;
  /** IPv4 addresses of an ENI, its own included. */
  readonly addresses: number;
  readonly hypervisor: "nitro" | "xen" | "unknown";
  readonly bareMetal: boolean;
  readonly networkCards: number;
}

/** `large=a1,c5 xlarge=a1` */
function typeNames(body: string): readonly string[] {
  return body.split(" ").flatMap((group) => {
    const [size = "", families = ""] = group.split("=", 2);
    return families.split(",").map((family) => `${family}.${size}`);
  });
}

const linesOf = (limits: string): readonly string[] =>
  limits
    .replaceAll(/\n {2}/g, " ")
    .replaceAll(", ", ",")
    .trim()
    .split("\n");

function readLine(line: string): readonly InstanceType[] {
  const [head = "", body = ""] = line.split(": ", 2);
  const [numbers = "", hypervisor, ...flags] = head.split(" ");
  const [enis = 0, addresses = 0] = numbers.split("x").map(Number);
  const cards = flags.find((flag) => flag.startsWith("cards="))?.slice(6) ?? "1";
  const limits = {
    enis,
    addresses,
    hypervisor: hypervisor as InstanceType["hypervisor"],
    bareMetal: flags.includes("metal"),
    networkCards: Number(cards),
  };
  return typeNames(body).map((name) => ({ name, ...limits }));
}

let read: ReadonlyMap<string, InstanceType> | undefined;

/** By name; read when the first is asked for. */
export function instanceTypes(): ReadonlyMap<string, InstanceType> {
  return (read ??= new Map(
    linesOf(INSTANCE_LIMITS)
      .flatMap(readLine)
      .map((type) => [type.name, type]),
  ));
}

let branches: ReadonlyMap<string, number> | undefined;

/** How many branch ENIs it takes; 0: it takes no trunk. */
export function branchLimit(type: string): number {
  branches ??= new Map(
    linesOf(BRANCH_LIMITS).flatMap((line) => {
      const [count = "", body = ""] = line.split(": ", 2);
      return typeNames(body).map((name) => [name, Number(count)] as const);
    }),
  );
  return branches.get(type) ?? 0;
}

/** Addresses of a prefix that an ENI has in place of a secondary address. */
export const PREFIX_SIZE = 16;
/** What EKS' max-pods-calculator.sh allows nodes with prefixes; for those with more than 30 vCPUs it is 250. */
const RECOMMENDED = 110;

/** As misc/eni-max-pods.txt has it: no pod gets an ENI's own address, and two pods of each node, aws-node and kube-proxy, use the node's. */
export function maxPods({ enis, addresses }: InstanceType, prefixes = false): number {
  const count = (each: number): number => enis * (addresses - 1) * each + 2;
  return prefixes ? Math.min(RECOMMENDED, count(PREFIX_SIZE)) : count(1);
}

/** The primary address of an ENI is none of them. */
export function slotsPerEni({ addresses }: InstanceType): number {
  return addresses - 1;
}

/** Nitro instances are virtual machines or bare metal with the Nitro card; only they take prefixes. */
export function takesPrefixes({ hypervisor, bareMetal }: InstanceType): boolean {
  return hypervisor === "nitro" || bareMetal;
}
