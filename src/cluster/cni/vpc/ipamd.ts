/**
 * What ipamd does on a node: ENIs and addresses are taken from the subnet before pods need them, and handed out to pods
 * (aws/amazon-vpc-cni-k8s b5218838, pkg/ipamd). EC2 chooses addresses at random and ipamd an ENI in no order; here both are counted.
 */
import {
  addressAt,
  formatAddress,
  formatPrefix,
  parsePrefix,
  prefixContains,
  prefixSize,
} from "../../../net/address.ts";
import type { Address, Prefix } from "../../../net/address.ts";
import type { Family, PerFamily } from "../../../net/family.ts";
import { count } from "../../../counting.ts";
import { HOST_LENGTH } from "../../../net/families.ts";
import type { PodPool } from "../../../kube/pod/ipam.ts";
import { TRUNK } from "./branch.ts";
import type { EniModel } from "./eni.ts";
import type { SubnetSpace } from "./subnet-space.ts";
import { isEniTooMany, isTooLow, surplus, targetText, wanted } from "./warm-pool.ts";
import type { PoolShape, PoolStats } from "./warm-pool.ts";

interface Slot {
  readonly prefix: Prefix;
  readonly pods: Map<bigint, string>;
}

interface Eni {
  readonly device: number;
  readonly address: PerFamily<string>;
  readonly at: EniPlace;
  readonly slots: Slot[];
}

/** Where an ENI is. */
export interface EniPlace {
  readonly switch: string;
  readonly subnet: PerFamily<string>;
  readonly space: SubnetSpace;
}

export interface IpamdNode {
  readonly name: string;
  readonly type: string;
  readonly family: Family;
  readonly shape: PoolShape;
  /** Including the primary one. */
  readonly maxEnis: number;
  /** The node's own addresses and subnet. */
  readonly address: PerFamily<string>;
  readonly primary: EniPlace;
  /** Where further ENIs are; undefined: custom networking finds no ENIConfig. */
  readonly secondary: EniPlace | undefined;
  /** Custom networking: the primary ENI has no pods. */
  readonly sparesPrimary: boolean;
  /** Its first further ENI carries branches, and is there before addresses are needed. */
  readonly trunk: boolean;
}

/** Of an IPv6 prefix: as many as host-local has of 169.254.172.0/22 (egress.ts). */
const MOST = 1020n;

/** EC2's words. */
const SHORTAGE = {
  address:
    "InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses to satisfy the request.",
  prefix: "InsufficientCidrBlocks: The specified subnet does not have enough free cidr blocks to satisfy the request.",
} as const;

export class Ipamd {
  readonly #node: IpamdNode;
  readonly #enis: Eni[] = [];
  #shortage: string | undefined;

  /** `before`: of the running lab. */
  constructor(node: IpamdNode, before: readonly EniModel[] = []) {
    this.#node = node;
    const { address, primary } = node;
    this.#enis.push({ device: 0, address, at: primary, slots: [] });
    for (const eni of before) this.#adopt(eni);
    if (node.trunk && this.#enis.length === 1) this.#attach(0);
    this.grow();
  }

  get enis(): readonly EniModel[] {
    return this.#enis.map(({ device, address, at, slots }) => ({
      node: this.#node.name,
      device,
      address,
      subnet: at.subnet,
      switch: at.switch,
      slots: slots.map(({ prefix }) => formatPrefix(prefix)),
    }));
  }

  #adopt({ device, address, slots, switch: name }: EniModel): void {
    const { primary, secondary, family, name: who, maxEnis } = this.#node;
    const at = device === 0 ? primary : secondary;
    if (at?.switch !== name || device >= maxEnis) return;
    const own = parsePrefix(`${address[family] ?? ""}/${HOST_LENGTH[family]}`);
    if (device > 0 && (own === undefined || !at.space.take(own, who))) return;
    const kept = slots.flatMap((text) => {
      const prefix = parsePrefix(text);
      const fits = prefix !== undefined && prefixSize(prefix) > 1n === this.#node.shape.prefixes;
      return fits && at.space.take(prefix, who) ? [{ prefix, pods: new Map<bigint, string>() }] : [];
    });
    const there = this.#enis.find((one) => one.device === device);
    if (there === undefined) this.#enis.push({ device, address, at, slots: kept });
    else there.slots.push(...kept);
  }

  get #stats(): PoolStats {
    const slots = this.#enis.flatMap((eni) => eni.slots);
    return {
      total: slots.reduce((sum, { prefix }) => sum + Number(prefixSize(prefix)), 0),
      assigned: slots.reduce((sum, { pods }) => sum + pods.size, 0),
      freePrefixes: slots.filter(({ pods }) => pods.size === 0).length,
    };
  }

  /** Until the warm pool is full, or nothing more is to be had. */
  grow(): void {
    const { shape, family } = this.#node;
    if (family === "ipv6") {
      this.#takeIPv6Prefix();
      return;
    }
    while (isTooLow(shape, this.#stats) && this.#increase());
  }

  /** One prefix of the primary ENI, of 2^48 addresses, for all pods. */
  #takeIPv6Prefix(): void {
    const [primary] = this.#enis;
    if (primary === undefined || primary.slots.length > 0) return;
    const prefix = primary.at.space.block(this.#node.name);
    if (prefix === undefined) this.#shortage = SHORTAGE.prefix;
    else primary.slots.push({ prefix, pods: new Map() });
  }

  /** Fills an ENI that is there, else attaches another. */
  #increase(): boolean {
    const { shape, maxEnis, sparesPrimary } = this.#node;
    const missing = wanted(shape, this.#stats);
    const room = this.#enis.find(({ device, slots }) => !(sparesPrimary && device === 0) && slots.length < shape.slots);
    if (room !== undefined) return this.#fill(room, Math.min(missing, shape.slots - room.slots.length)) > 0;
    return this.#enis.length < maxEnis && this.#attach(missing);
  }

  #fill(eni: Eni, most: number): number {
    const { shape, name } = this.#node;
    for (let i = 0; i < most; i++) {
      const found = shape.prefixes ? eni.at.space.block(name) : single(eni.at.space.address(name));
      if (found === undefined) {
        this.#shortage = shape.prefixes ? SHORTAGE.prefix : SHORTAGE.address;
        return i;
      }
      eni.slots.push({ prefix: found, pods: new Map() });
    }
    return most;
  }

  #attach(most: number): boolean {
    const { name, secondary: at, family } = this.#node;
    const address = at?.space.address(name);
    if (at === undefined || address === undefined) {
      this.#shortage = at === undefined ? "no ENIConfig for the node" : SHORTAGE.address;
      return false;
    }
    const device = Math.max(...this.#enis.map((eni) => eni.device)) + 1;
    const eni: Eni = { device, address: { [family]: formatAddress(address) }, at, slots: [] };
    this.#enis.push(eni);
    return this.#fill(eni, most) > 0;
  }

  /** Gives back what is more than the warm pool asks for. */
  shrink(): void {
    const { shape, family } = this.#node;
    if (family === "ipv6") return;
    for (let over = surplus(shape, this.#stats); over > 0; over--) {
      const eni = this.#enis.findLast(({ slots }) => slots.some(({ pods }) => pods.size === 0));
      const at = eni?.slots.findLastIndex(({ pods }) => pods.size === 0) ?? -1;
      eni?.slots.splice(at, 1);
    }
    const isIdle = ({ device, slots }: Eni): boolean =>
      device > (this.#node.trunk ? TRUNK : 0) && slots.every(({ pods }) => pods.size === 0);
    for (let at = this.#enis.findLastIndex(isIdle); at > 0; at = this.#enis.findLastIndex(isIdle)) {
      if (!isEniTooMany(shape, this.#stats) && (this.#enis[at]?.slots.length ?? 0) > 0) return;
      this.#enis.splice(at, 1);
    }
  }

  /** Addresses for the node's pods. */
  get pool(): PodPool {
    const find = (address: Address): Slot | undefined =>
      this.#enis.flatMap(({ slots }) => slots).find(({ prefix }) => prefixContains(prefix, address));
    const next = (who: string, last: boolean): Address | undefined => {
      const found = this.#assign(who, last);
      this.grow();
      return found;
    };
    const shortage = (): { readonly message: string; readonly hint: string } => this.#refusal();
    return {
      has: (address) => find(address) !== undefined,
      take(address, who) {
        const slot = find(address);
        const owner = slot?.pods.get(address.value);
        if (owner === undefined) slot?.pods.set(address.value, who);
        return owner;
      },
      skipTo() {},
      next: (who) => next(who, false),
      last: (who) => next(who, true),
      text: this.#node.name,
      get shortage() {
        return shortage();
      },
    };
  }

  /** `last`: from the end of the first ENI that has room. */
  #assign(who: string, last: boolean): Address | undefined {
    for (const { slots } of this.#enis) {
      const inOrder = last ? slots.toReversed() : slots;
      for (const { prefix, pods } of inOrder) {
        const size = prefixSize(prefix);
        const most = size > MOST ? MOST : size;
        for (let i = 0n; i < most; i++) {
          const address = addressAt(prefix, last ? most - 1n - i : i);
          if (address === undefined || pods.has(address.value)) continue;
          pods.set(address.value, who);
          return address;
        }
      }
    }
    return undefined;
  }

  /** As the kubelet's event has it. */
  #refusal(): { readonly message: string; readonly hint: string } {
    const { name, type, maxEnis, shape } = this.#node;
    const { assigned } = this.#stats;
    const each = shape.prefixes ? count(shape.slots, "prefix", "prefixes") : count(shape.slots, "address", "addresses");
    const limits = `${type} has ${count(maxEnis, "ENI")} with ${each} for pods`;
    const why = this.#shortage ?? `${limits}, and ${count(assigned, "pod")} have them`;
    return {
      message: `plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container: ${name}: ${why}`,
      hint:
        this.#shortage === undefined
          ? "leave maxPods to the instance type, choose a larger type, or set ENABLE_PREFIX_DELEGATION"
          : `a larger subnet, fewer addresses kept warm (${targetText(shape)}), or a subnet of its own for pods (ENIConfig)`,
    };
  }
}

/** An IPv4 address as a prefix. */
const single = (address: Address | undefined): Prefix | undefined => address && { ...address, length: 32 };
