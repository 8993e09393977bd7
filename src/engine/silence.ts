/**
 * Calls to an engine end when it stops responding: its daemon is stopped, or its machine is gone. While something is
 * awaited it is pinged, which it answers whatever else it does.
 */
import type Docker from "dockerode";
import type { LabError } from "../errors.ts";

/** Milliseconds between two pings (`every`), and of silence after which an engine does not answer (`limit`). */
const PACE = { every: 1000, limit: 10_000 };

type Dial = Docker["modem"]["dial"];

export class EngineSilence {
  readonly #dial: Dial;
  readonly #error: () => LabError;
  readonly #pace: typeof PACE;
  readonly #waiting = new Set<(error: LabError) => void>();
  #timer: NodeJS.Timeout | undefined;
  /** Milliseconds as this process saw them pass: it may itself have been stopped, or the machine asleep. */
  #silent = 0;
  #looked = 0;
  #ping: AbortController | undefined;

  /** From now on each call of `docker` ends with `error` when the engine does not answer. */
  constructor(docker: Docker, error: () => LabError, pace = PACE) {
    const { modem } = docker;
    this.#dial = modem.dial.bind(modem);
    this.#error = error;
    this.#pace = pace;
    modem.dial = (options, callback) => {
      const abort = new AbortController();
      const { abortSignal: given } = options;
      let left = false;
      const stop = this.#expect((silent) => {
        left = true;
        abort.abort();
        callback?.(silent, null);
      });
      const abortSignal = given === undefined ? abort.signal : AbortSignal.any([given, abort.signal]);
      this.#dial({ ...options, abortSignal }, (problem, data) => {
        if (left) return;
        this.#silent = 0;
        stop();
        callback?.(problem, data);
      });
    };
  }

  /** For what continues after its first answer: a stream. */
  async during<T>(work: Promise<T>): Promise<T> {
    let stop = (): void => undefined;
    const silent = new Promise<never>((_, reject) => (stop = this.#expect(reject)));
    try {
      return await Promise.race([work, silent]);
    } finally {
      stop();
    }
  }

  /** Call the returned function when nothing is awaited any more. */
  #expect(onSilent: (error: LabError) => void): () => void {
    if (this.#waiting.size === 0) this.#look();
    this.#waiting.add(onSilent);
    return () => {
      this.#waiting.delete(onSilent);
      if (this.#waiting.size === 0) this.#rest();
    };
  }

  #look(): void {
    this.#silent = 0;
    this.#looked = performance.now();
    const { every, limit } = this.#pace;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#silent += Math.min(now - this.#looked, 2 * every);
      this.#looked = now;
      if (this.#silent >= limit) this.#give();
      else this.#ask();
    }, every).unref();
  }

  #ask(): void {
    if (this.#ping !== undefined) return;
    const ping = new AbortController();
    this.#ping = ping;
    const options = { path: "/_ping", method: "GET", abortSignal: ping.signal, statusCodes: { 200: true } };
    this.#dial(options, (error) => {
      if (this.#ping !== ping) return;
      this.#ping = undefined;
      if (error === null) this.#silent = 0;
    });
  }

  #give(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#rest();
    for (const onSilent of waiting) onSilent(this.#error());
  }

  #rest(): void {
    clearInterval(this.#timer);
    const ping = this.#ping;
    this.#ping = undefined;
    ping?.abort();
  }
}
