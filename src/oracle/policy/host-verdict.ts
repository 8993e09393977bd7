/** What policies of host endpoints say to a packet that a node gets, sends or forwards; by Calico's documents, not by its chains. */
import { FAILSAFE_IN, FAILSAFE_OUT } from "../../kube/calico/failsafe-ports.ts";
import { ALLOW_PROFILE } from "../../kube/host-endpoint/host-endpoint.ts";
import type { HostEndpointModel } from "../../kube/calico/calico-policy.ts";
import { hostTiers, nodeEndpoints } from "../../cluster/policy/host-endpoints.ts";
import type { HostStage, NodeEndpoints } from "../../cluster/policy/host-endpoints.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import type { Direction } from "../../cluster/policy/tiers.ts";
import { POD } from "../../net/pod-device.ts";
import { perObject } from "../../memo.ts";
import { findRule } from "./policy-oracle.ts";
import type { DecidingRule, HostVerdict, PolicyPacket } from "./policy-oracle.ts";

/** A node that the packet is at. */
export interface HostPassage {
  readonly node: string;
  /** The device that it comes by; absent: the node itself sends it. */
  readonly in?: string | undefined;
  /** The device that it leaves by; absent: it is for the node itself. */
  readonly out?: string | undefined;
  /** As it comes. */
  readonly before: PolicyPacket;
  /** After Services have translated it. */
  readonly after: PolicyPacket;
  /** It is a tunnel's, which has another one in it: normal policies let it through. */
  readonly isTunnel?: boolean | undefined;
}

const endpointsOf = perObject((world: PolicyWorld) => {
  const known = new Map<string, NodeEndpoints>();
  return (node: string): NodeEndpoints => {
    let found = known.get(node);
    if (found === undefined) known.set(node, (found = nodeEndpoints(world, node)));
    return found;
  };
});

const DIRECTIONS = ["ingress", "egress"] as const;

/** One question to one host endpoint. */
interface Question {
  readonly node: string;
  readonly device: string;
  readonly endpoint: HostEndpointModel;
  readonly stage: HostStage;
  readonly direction: Direction;
  readonly packet: PolicyPacket;
}

function isFailsafe({ stage, direction, packet }: Question): boolean {
  if (stage === "forward") return false;
  const list = direction === "ingress" ? FAILSAFE_IN : FAILSAFE_OUT;
  return list.some(({ protocol, port }) => protocol === packet.protocol.toLowerCase() && port === packet.port);
}

/** What a stage says: `open`, nothing: the next one decides. */
interface Answer {
  readonly says: "allow" | "deny" | "open";
  readonly reason: HostVerdict["reason"];
  readonly isolatedBy?: HostVerdict["isolatedBy"];
  readonly decidedBy?: DecidingRule | undefined;
}

function answer(world: PolicyWorld, question: Question): Answer {
  const { endpoint, stage, direction, packet } = question;
  if (isFailsafe(question)) return { says: "allow", reason: "failsafe" };
  for (const tier of hostTiers(world, endpoint, stage, direction)) {
    const decidedBy = findRule(world, tier, direction, packet);
    if (decidedBy?.action === "pass") continue;
    if (decidedBy !== undefined)
      return { says: decidedBy.action === "allow" ? "allow" : "deny", reason: "rule", decidedBy };
    if (tier.otherwise === "deny") return { says: "deny", reason: "isolated", isolatedBy: tier.policies };
  }
  if (stage !== "normal") return { says: "open", reason: "no-policy" };
  return endpoint.profiles.includes(ALLOW_PROFILE)
    ? { says: "allow", reason: "profile" }
    : { says: "deny", reason: "no-profile" };
}

/** Asks the host endpoints along one passage. */
class Passing {
  readonly verdicts: HostVerdict[] = [];
  readonly #world: PolicyWorld;
  readonly #passage: HostPassage;

  constructor(world: PolicyWorld, passage: HostPassage) {
    this.#world = world;
    this.#passage = passage;
  }

  get isDenied(): boolean {
    return this.verdicts.some(({ allowed }) => !allowed);
  }

  /** Whether the stage allows it, so that no other one of the direction is asked. `byAny`: the endpoint of all interfaces counts. */
  #ask(stage: HostStage, direction: Direction, device: string, packet: PolicyPacket, byAny = true): boolean {
    const { node } = this.#passage;
    const { devices, any } = endpointsOf(this.#world)(node);
    const endpoint = devices.get(device) ?? (byAny ? any : undefined);
    if (endpoint === undefined || this.isDenied) return false;
    const hasStage = DIRECTIONS.some((way) => hostTiers(this.#world, endpoint, stage, way).length > 0);
    if (!hasStage && stage !== "normal") return false;
    const question = { node, device, endpoint, stage, direction, packet };
    const { says, reason, decidedBy, isolatedBy = [] } = answer(this.#world, question);
    if (says !== "open" && !(says === "allow" && reason === "failsafe" && stage !== "normal"))
      this.verdicts.push({
        node,
        device,
        endpoint,
        stage,
        direction,
        allowed: says === "allow",
        reason,
        decidedBy,
        isolatedBy,
      });
    return says === "allow" && reason !== "failsafe";
  }

  arrive(): void {
    const { in: device, out, before, after, isTunnel } = this.#passage;
    if (device === undefined) return;
    const isAllowed =
      (device !== POD && this.#ask("untracked", "ingress", device, before, false)) ||
      this.#ask("preDNAT", "ingress", device, before);
    if (isAllowed || isTunnel === true) return;
    if (out !== undefined) this.#ask("forward", "ingress", device, after);
    else if (device !== POD) this.#ask("normal", "ingress", device, after);
  }

  leave(): void {
    const { in: from, out: device, after, isTunnel } = this.#passage;
    if (device === undefined) return;
    if (from !== undefined) {
      this.#ask("forward", "egress", device, after);
      return;
    }
    // What a node sends to its own pods is theirs.
    if (device === POD || this.#ask("untracked", "egress", device, after, false) || isTunnel === true) return;
    this.#ask("normal", "egress", device, after);
  }
}

/** All that host endpoints say on the way, up to the first that denies. */
export function hostVerdicts(world: PolicyWorld, passages: readonly HostPassage[]): readonly HostVerdict[] {
  const found: HostVerdict[] = [];
  for (const passage of passages) {
    const passing = new Passing(world, passage);
    passing.arrive();
    if (!passing.isDenied) passing.leave();
    found.push(...passing.verdicts);
    if (passing.isDenied) break;
  }
  return found;
}
