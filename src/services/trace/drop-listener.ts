/** What the kernel throws away in some namespaces while a probe is under way, and why. */
import { messageOf } from "../../errors.ts";
import { DropWatch, type DroppedPacket } from "../../kernel/dropped-packets.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";

export interface DroppedIn extends Omit<DroppedPacket, "netns"> {
  readonly ns: string;
}

export class DropListener {
  #watch: DropWatch | undefined;
  #problem: string | undefined;

  /** Never throws: see `problem`. */
  start(): void {
    try {
      this.#watch = new DropWatch();
    } catch (error) {
      this.#problem = messageOf(error);
    }
  }

  /** Why stop() returns nothing: `bpf: EPERM`. */
  get problem(): string | undefined {
    return this.#problem;
  }

  stop(namespaces: readonly { readonly ns: string; readonly handle: NetnsHandle }[]): readonly DroppedIn[] {
    const names = new Map(namespaces.map(({ ns, handle }) => [handle.inode, ns]));
    const found = this.#watch?.read() ?? [];
    this.#watch?.close();
    this.#watch = undefined;
    return found.flatMap(({ netns, reason, bytes }) => {
      const ns = names.get(netns);
      return ns === undefined ? [] : [{ ns, reason, bytes }];
    });
  }
}
