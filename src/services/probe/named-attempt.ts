/** An attempt to a name: resolved inside the probe's namespace first, then tried at its first address. */
import { enterNetns } from "../../kernel/netns.ts";
import type { Attempt, AttemptResult } from "./attempt.ts";
import type { Job } from "./batch.ts";
import type { DnsQuestion } from "./dns-message.ts";
import { askAttempt } from "./dns-probe.ts";
import { resolveName } from "./resolver.ts";

/** Content of the namespace's own files. */
export interface Lookup {
  readonly hosts: string | undefined;
  readonly resolvConf: string | undefined;
}

const DNS_PORT = 53;

export class NamedAttempt implements Attempt {
  readonly #job: Job;
  readonly #make: (address: string, finish: (finding: AttemptResult) => void) => Attempt;
  readonly #lookup: Lookup;
  readonly #finish: (finding: AttemptResult) => void;
  #inner: Attempt | undefined;
  #over = false;
  /** The nameserver that was asked last. */
  #asked = "";
  readonly #asking = new Set<Attempt>();

  constructor(
    job: Job,
    make: (address: string, finish: (finding: AttemptResult) => void) => Attempt,
    lookup: Lookup,
    finish: (finding: AttemptResult) => void,
  ) {
    this.#job = job;
    this.#make = make;
    this.#lookup = lookup;
    this.#finish = finish;
  }

  open(): void {
    this.#resolve().catch((error: unknown) => this.#end({ outcome: "noname", error: String(error) }));
  }

  expire(): void {
    if (this.#inner !== undefined) this.#inner.expire();
    else {
      this.#end({ outcome: "timeout", error: `EAI_AGAIN: no answer from nameserver ${this.#asked}` });
      for (const attempt of this.#asking) attempt.expire();
    }
  }

  async #resolve(): Promise<void> {
    await Promise.resolve(); // open() runs inside the namespace; what follows enters and leaves it on its own
    const { probe, handle } = this.#job;
    const resolution = await resolveName(probe.to, "family" in probe ? probe.family : undefined, {
      ...this.#lookup,
      isOver: () => this.#over,
      ask: (server, question, timeout) => this.#ask(server, question, timeout),
    });
    if (this.#over) return;
    if ("failure" in resolution) return this.#end(resolution.failure);
    const [address = ""] = resolution.addresses;
    this.#inner = this.#make(address, (finding) => this.#end({ ...finding, address }));
    enterNetns(handle, () => this.#inner?.open());
  }

  async #ask(server: string, question: DnsQuestion, timeout: number): Promise<AttemptResult> {
    this.#asked = server;
    const answer = await this.#askOver("udp", server, question, timeout);
    // RFC 7766 5: a truncated answer is requested again over TCP
    return answer.dns?.truncated === true ? this.#askOver("tcp", server, question, timeout) : answer;
  }

  #askOver(protocol: "udp" | "tcp", address: string, question: DnsQuestion, timeout: number): Promise<AttemptResult> {
    return new Promise((resolve) => {
      const attempt = askAttempt(question, protocol, { address, port: DNS_PORT, abortive: false }, (finding) => {
        clearTimeout(timer);
        this.#asking.delete(attempt);
        resolve(finding);
      });
      this.#asking.add(attempt);
      const timer = setTimeout(() => attempt.expire(), timeout);
      enterNetns(this.#job.handle, () => attempt.open());
    });
  }

  #end(finding: AttemptResult): void {
    if (this.#over) return;
    this.#over = true;
    this.#finish(finding);
  }
}
