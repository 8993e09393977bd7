/** One machine of a lab: its container and the agent in there, started when it is first needed and again when it is gone. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerInfo } from "dockerode";
import type { AgentClient } from "../agent/client.ts";
import type { Method, Methods } from "../agent/protocol.ts";
import type { Engine } from "../engine/engine.ts";
import { startNodeAgent } from "./node-link.ts";
import { EXIT, LabError } from "../errors.ts";
import { macOn, reconnect, shapeContainer, type Attachment } from "./containers.ts";
import type { LabEngine } from "./engines.ts";
import type { MachineLayout } from "./layout.ts";

/** Milliseconds for an agent to exit after its connection was lost. */
const HANDOVER_LIMIT = 3000;

export class LabMachine {
  readonly name: string;
  readonly host: LabEngine;
  readonly #lab: string;
  readonly #onGone: (machine: LabMachine) => void;
  #container: string | undefined;
  #client: AgentClient | undefined;
  /** The client's connection. */
  #engine: Engine | undefined;
  #starting: Promise<AgentClient> | undefined;
  #isEmpty = false;

  /** `onGone`: its agent has gone unexpectedly. */
  constructor(lab: string, name: string, host: LabEngine, onGone: (machine: LabMachine) => void) {
    this.#lab = lab;
    this.name = name;
    this.host = host;
    this.#onGone = onGone;
  }

  get container(): string | undefined {
    return this.#container;
  }

  /** Its agent answers. */
  get alive(): boolean {
    return this.#client !== undefined;
  }

  /** It has nothing of the lab: its container is new, or was restarted. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** The lab's part is in there from now on. */
  filled(): void {
    this.#isEmpty = false;
  }

  /** Makes what is missing of it: container, networks, agent. */
  async shape(
    layout: MachineLayout,
    attachments: readonly Attachment[],
    present: ContainerInfo | undefined,
    image: () => Promise<string>,
  ): Promise<void> {
    const engine = await this.host.open();
    let info = await shapeContainer(engine, this.#lab, layout, attachments, present, image);
    this.#container = info.Id;
    const client = this.#client ?? (await this.#start());
    const ports = (): { ns: string; name: string; mac: string }[] =>
      attachments.flatMap(({ network, port }) => {
        const mac = macOn(info, network);
        return mac === undefined ? [] : [{ ns: port.ns, name: port.name, mac }];
      });
    const { missing } = await client.call("machine", { ownNamespace: layout.ownNamespace, ports: ports() });
    if (missing.length === 0) return;
    for (const one of attachments)
      if (missing.includes(macOn(info, one.network) ?? "")) await reconnect(engine, info.Id, one);
    info = await engine.docker.getContainer(info.Id).inspect();
    await client.call("machine", { ownNamespace: layout.ownNamespace, ports: ports() });
  }

  /** Finds the agent of a container that runs already, for a hub that took the lab over. */
  async attach(container: string): Promise<void> {
    this.#container = container;
    if (this.#client === undefined) await this.#start();
  }

  #start(): Promise<AgentClient> {
    this.#starting ??= this.#startAgent().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async #startAgent(): Promise<AgentClient> {
    const until = performance.now() + HANDOVER_LIMIT;
    for (;;) {
      const engine = await this.host.open();
      const client = await startNodeAgent(engine, this.#container ?? "", this.name);
      try {
        const { recovered } = await client.call("adopt", { lab: this.#lab, file: "", recover: true });
        this.#isEmpty = !recovered;
      } catch (error) {
        client.close();
        // The previous one has not yet noticed that its client is gone.
        if (!(error instanceof LabError && error.code === "EBUSY") || performance.now() > until) throw error;
        await sleep(50);
        continue;
      }
      this.#client = client;
      this.#engine = engine;
      void client.closed.then(() => {
        if (this.#client !== client) return;
        this.#client = undefined;
        this.#onGone(this);
      });
      return client;
    }
  }

  /** Rejects with EMACHINE when its agent is gone, with ESILENT when its engine does not answer. */
  async call<M extends Method>(
    method: M,
    params: Methods[M]["params"],
    onEvent?: (event: Methods[M]["event"]) => void,
  ): Promise<Methods[M]["result"]> {
    const client = this.#client;
    const engine = this.#engine;
    if (client === undefined || engine === undefined) throw this.#gone();
    try {
      return await engine.during(client.call(method, params, onEvent));
    } catch (error) {
      if (error instanceof LabError && error.code === "ESILENT") {
        this.host.silent = true;
        this.close();
      }
      if (!(error instanceof LabError && error.code === "EMACHINE") || (await this.host.answers())) throw error;
      throw this.#gone();
    }
  }

  /** Its watches may start, and report what they decide from now on. */
  watch(notify: (isNews: boolean) => void): void {
    // That it is gone in the meantime is known by other ways.
    this.#client?.call("watch", {}, ({ isNews }) => notify(isNews)).catch(() => undefined);
  }

  /** Throws EMACHINE when nothing of the lab is in there. */
  mustBeFilled(): this {
    if (this.#isEmpty) throw this.#gone();
    return this;
  }

  #gone(): LabError {
    const why = this.host.silent
      ? `the engine ${this.host.name} does not answer`
      : "its container was stopped, removed or restarted";
    return new LabError("EMACHINE", EXIT.buildFailed, `${this.name} of lab ${this.#lab} is gone: ${why}`, {
      hint: `bring it back: k8snet-lab up LAB.yaml --driver docker`,
    });
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}
