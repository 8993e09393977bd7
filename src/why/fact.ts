/** Something in a namespace that a packet passes which is not as the lab file says. */
import type { DeviceHook, Meeting } from "../resources/definition.ts";
import type { ResourceKind } from "../resources/resource.ts";

export interface Fact {
  readonly ns: string;
  readonly kind: ResourceKind;
  /** `net.ipv4.ip_forward is 0, should be 1`; `route blackhole 10.2.0.2 is not part of this lab`. */
  readonly text: string;
  /** Of the resource that differs, as `diff` and `repair` name it. */
  readonly id?: string | undefined;
  /** Of what others or a fault have added: it acts on packets that meet it only. */
  readonly added?: true | undefined;
  /** Said instead of `text`: the fault that made it so. */
  readonly fault?: string | undefined;
  /** Of rules about what a device takes in or gives out. */
  readonly hook?: DeviceHook | undefined;
  /** Of a fault's rules in the usual hooks: their table. */
  readonly table?: string | undefined;
  /** Where it acts, where that is not where things of its kind do. */
  readonly metAt?: Meeting | undefined;
}

export function saidOf({ text, fault }: Fact): string {
  return fault ?? text;
}
