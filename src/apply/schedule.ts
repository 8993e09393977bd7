/** In which order operations may be done. What one run of a tool does together is one unit: all iptables operations of a namespace and family, and its sets. */
import { definitionOf } from "../resources/definitions.ts";
import type { Operation } from "../resources/operation.ts";

export interface Unit {
  readonly operations: readonly Operation[];
  /** Runs a tool or waits for a process: done side by side with others. */
  readonly slow: boolean;
}

interface Node {
  operations: Operation[];
  readonly slow: boolean;
  waiting: number;
  /** One that waits for several operations of this unit is there as often. */
  dependents: Node[] | undefined;
  state: "waiting" | "ready" | "taken";
}

/** Hands out units in an order that satisfies their dependencies. */
export class Schedule {
  readonly #nodes: Node[] = [];
  readonly #byOperation = new Map<string, Node>();
  readonly #quick: Node[] = [];
  readonly #slow: Node[] = [];
  #quickAt = 0;
  #slowAt = 0;

  constructor(operations: readonly Operation[]) {
    const groups = new Map<string, Node>();
    for (const operation of operations) {
      const { resource } = operation;
      const { kind, speed, together, waits } = definitionOf(resource);
      const group = together?.(operation.action, resource);
      const key = group === undefined ? undefined : `${kind} ${resource.ns} ${group}`;
      let node = key === undefined ? undefined : groups.get(key);
      if (node === undefined) {
        const slow = speed === "tool" || waits?.(resource) === true;
        node = { operations: [operation], slow, waiting: 0, dependents: undefined, state: "waiting" };
        this.#nodes.push(node);
        if (key !== undefined) groups.set(key, node);
      } else node.operations.push(operation);
      this.#byOperation.set(operation.id, node);
    }
    for (const operation of operations) this.#link(operation);
    for (const node of this.#nodes) if (node.waiting === 0) this.#makeReady(node);
  }

  /** Something may be done at once. */
  get hasReady(): boolean {
    return this.#quickAt < this.#quick.length || this.#slowAt < this.#slow.length;
  }

  /** The next netlink operation that may be done. */
  takeQuick(): Unit | undefined {
    const node = this.#quick[this.#quickAt];
    if (node === undefined) return undefined;
    this.#quickAt++;
    node.state = "taken";
    return node;
  }

  takeSlow(): Unit | undefined {
    const node = this.#slow[this.#slowAt];
    if (node === undefined) return undefined;
    this.#slowAt++;
    node.state = "taken";
    return node;
  }

  /** Lets go what waited for this unit. */
  done(unit: Unit): void {
    for (const dependent of (unit as Node).dependents ?? []) {
      dependent.waiting--;
      if (dependent.waiting === 0 && dependent.state === "waiting") this.#makeReady(dependent);
    }
  }

  /** Everything that waits, directly or not, for this unit; it will not be handed out any more. */
  drop(unit: Unit): Operation[] {
    const dropped: Operation[] = [];
    const visit = (node: Node): void => {
      for (const dependent of node.dependents ?? []) {
        if (dependent.state !== "waiting") continue;
        dependent.state = "taken";
        dropped.push(...dependent.operations);
        visit(dependent);
      }
    };
    visit(unit as Node);
    return dropped;
  }

  /**
   * When nothing is ready and nothing runs although units wait: grouping has closed a circle (a rule waits for a device
   * that waits for another rule of the same group). The first waiting unit goes ahead: the plan's order decides.
   */
  breakCircle(): boolean {
    const node = this.#nodes.find((candidate) => candidate.state === "waiting");
    if (node === undefined) return false;
    this.#makeReady(node);
    return true;
  }

  #link(operation: Operation): void {
    const node = this.#byOperation.get(operation.id);
    if (node === undefined) return;
    for (const id of operation.dependsOn) {
      const on = this.#byOperation.get(id);
      if (on === undefined || on === node) continue;
      if (on.dependents === undefined) on.dependents = [node];
      else on.dependents.push(node);
      node.waiting++;
    }
  }

  #makeReady(node: Node): void {
    node.state = "ready";
    (node.slow ? this.#slow : this.#quick).push(node);
  }
}
